"""The page of the shop score."""

import logging

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from loans.scoring import REASON_TEXT, score_model
from loans.scoring.exceptions import ScoreModelUnusable
from loans.scoring.model import HIGHEST, LOWEST, ScoreModel
from shop.selectors.purchases import purchases_of
from shop.views.account import CustomerRequest, for_customers

logger = logging.getLogger(__name__)


@require_safe
@for_customers
def score(request: CustomerRequest) -> HttpResponse:
    """The customer's own shop credit score, as of now."""
    context = {"lowest": LOWEST, "highest": HIGHEST}
    try:
        return render(request, "loans/score.html", context | scored(request, score_model()))
    except ScoreModelUnusable:
        logger.exception("No shopper can be scored.")
        return render(request, "loans/score.html", context | {"is_closed": True}, status=503)


def scored(request: CustomerRequest, model: ScoreModel) -> dict[str, object]:
    found = model.score(purchases_of(request.user), timezone.now())
    return {"score": found, "reasons": [REASON_TEXT[reason] for reason in found.reasons]}
