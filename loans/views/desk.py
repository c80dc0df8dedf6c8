import logging

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from loans.scoring.exceptions import ScoreModelUnusable
from loans.selectors.desk import applications_of
from loans.selectors.eligibility import eligibility_of
from loans.selectors.loans import loans_of
from loans.sentences import obstacle_sentence
from shop.views.account import CustomerRequest, for_customers

logger = logging.getLogger(__name__)

SHOWN = 20  # applications that are over


@require_safe
@for_customers
def desk(request: CustomerRequest) -> HttpResponse:
    """Whether a customer may borrow and how much, what they have asked for, and what they owe.

    Without a score the rest of the page stands.
    """
    context = {
        "loans": list(loans_of(request.user)),
        "applications": list(applications_of(request.user)[:SHOWN]),
    }
    try:
        eligibility = eligibility_of(request.user)
    except ScoreModelUnusable:
        logger.exception("Nobody's limit can be worked out.")
        return render(request, "loans/desk.html", context | {"is_closed": True}, status=503)
    context["eligibility"] = eligibility
    context["annual_rate"] = eligibility.policy.policy.annual_rates[eligibility.score.band]
    if eligibility.obstacle:
        context["obstacle"] = obstacle_sentence(eligibility.obstacle)
    return render(request, "loans/desk.html", context)


def closed(request: CustomerRequest) -> HttpResponse:
    """Where nothing goes on without a score."""
    logger.exception("Nobody's limit can be worked out.")
    return render(request, "loans/closed.html", status=503)
