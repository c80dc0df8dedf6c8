"""From consent over the form to the decision."""

import logging
from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loans.agreement import first_due_on
from loans.consent import CONSENT_TEXT, CONSENT_VERSION
from loans.exceptions import ApplicationMoved, LoanError, NotEligible, Unsealable
from loans.forms import ApplicationForm, ConsentForm
from loans.models import Application, Decision
from loans.models.applications import ApplicationStatus
from loans.scoring.exceptions import ScoreModelUnusable
from loans.sealing import unseal
from loans.selectors.desk import WITHDRAWABLE, can_ask_for_person, last_decision
from loans.selectors.eligibility import current_policy, eligibility_of
from loans.sentences import reason_sentence, sentence
from loans.services.applying import (
    ask_for_review,
    start_application,
    submit_application,
    withdraw_application,
)
from loans.services.deciding import decide_application, sealed_row
from loans.views.desk import closed
from shop.exceptions import BuyingLocked, ShopError
from shop.models import Customer
from shop.views.account import CustomerRequest, for_customers

logger = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@for_customers
def consent(request: CustomerRequest) -> HttpResponse:
    try:
        return _agree(request) if request.method == "POST" else _ask_for_consent(request)
    except ScoreModelUnusable:
        return closed(request)


@sensitive_variables()
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@for_customers
def apply(request: CustomerRequest, number: str) -> HttpResponse:
    """The form of a draft. What is typed is in this page's own answer, and nowhere else unencrypted."""
    draft = own_application(request, number)
    if draft.status != ApplicationStatus.DRAFT:
        return redirect("loans:application", number)
    policy, left = current_policy().policy, left_of(request.user)
    form = ApplicationForm(request.POST or None, policy=policy, left=left)
    if not form.is_valid():
        return form_page(request, draft, form, status=422 if form.is_bound else 200)
    try:
        decide_application(
            application=submit_application(application=draft, finances=form.finances(), request=form.asked())
        )
    except ApplicationMoved:
        pass  # handed in a moment ago, by the same button: its decision is the answer
    except BuyingLocked as error:
        form.add_error(None, sentence(error))
        return form_page(request, draft, form, status=409)
    return redirect("loans:application", number)


@require_safe
@for_customers
def application(request: CustomerRequest, number: str) -> HttpResponse:
    """What was decided, why, and what can be done about it."""
    shown = own_application(request, number)
    if shown.status == ApplicationStatus.DRAFT:
        return redirect("loans:apply", number)
    decision = last_decision(shown)
    is_offered = shown.status == ApplicationStatus.OFFERED
    context = {
        "application": shown,
        "decision": decision,
        "reasons": reasons_of(shown, decision),
        "offers": list(shown.offers.standing()) if is_offered else [],
        "first_due_on": first_due_on(timezone.localdate()),
        "can_ask_for_person": can_ask_for_person(shown, decision),
        "can_withdraw": shown.status in WITHDRAWABLE,
        "loan": getattr(shown, "loan", None),
    }
    return render(request, "loans/application.html", context)


@require_POST
@for_customers
def withdraw(request: CustomerRequest, number: str) -> HttpResponse:
    try:
        withdraw_application(application=own_application(request, number))
    except LoanError as error:
        messages.error(request, sentence(error))
        return redirect("loans:application", number)
    messages.success(request, _("The application is withdrawn. You can make another one at any time."))
    return redirect("loans:desk")


@require_POST
@for_customers
def ask_for_person(request: CustomerRequest, number: str) -> HttpResponse:
    chosen = own_application(request, number)
    if chosen.status == ApplicationStatus.IN_REVIEW:
        return redirect("loans:application", number)  # the same button, pressed twice
    try:
        ask_for_review(application=chosen)
    except (LoanError, ShopError) as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("A loan officer looks at your application and answers within two days."))
    return redirect("loans:application", number)


def own_application(request: HttpRequest, number: str) -> Application:
    own = Application.objects.filter(customer=request.user.pk).select_related("customer", "loan")
    return get_object_or_404(own, number=number)


def form_page(
    request: HttpRequest, draft: Application, form: ApplicationForm, *, status: int
) -> HttpResponse:
    return render(request, "loans/apply.html", {"application": draft, "form": form}, status=status)


def left_of(customer: Customer) -> Decimal | None:
    """Of the limit, where it can be worked out: a loan officer decides without."""
    try:
        return eligibility_of(customer).left
    except ScoreModelUnusable:
        logger.exception("Nobody's limit can be worked out.")
        return None


def reasons_of(shown: Application, decision: Decision | None) -> list[str]:
    if decision is None:
        return []
    policy, left = decision.policy.policy, left_then(shown, decision)
    return [reason_sentence(reason, shown, policy, left) for reason in decision.reasons]


def left_then(shown: Application, decision: Decision) -> Decimal | None:
    """Of the limit when it was decided; nobody knows once the input is purged."""
    if not decision.sealed:
        return None
    try:
        return Decimal(unseal(sealed_row(shown), decision.sealed)["exposure_left"])
    except Unsealable:
        return None


def _ask_for_consent(request: CustomerRequest) -> HttpResponse:
    found = eligibility_of(request.user)
    if found.open_application:
        return redirect("loans:application", found.open_application.number)
    if found.obstacle:
        return redirect("loans:desk")  # it says what stands in the way
    return _consent_page(request, ConsentForm())


def _agree(request: CustomerRequest) -> HttpResponse:
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return _consent_page(request, form, status=422)
    try:
        started = start_application(customer=request.user, consent_version=form.cleaned_data["version"])
    except NotEligible as error:
        messages.error(request, sentence(error))
        return redirect("loans:desk")
    except (LoanError, ShopError) as error:
        if isinstance(error, ScoreModelUnusable):
            raise
        return _consent_page(request, ConsentForm(), error=sentence(error), status=409)
    return redirect("loans:application", started.number)


def _consent_page(
    request: CustomerRequest, form: ConsentForm, *, error: str = "", status: int = 200
) -> HttpResponse:
    context = {"form": form, "text": CONSENT_TEXT, "version": CONSENT_VERSION, "error": error}
    return render(request, "loans/consent.html", context, status=status)
