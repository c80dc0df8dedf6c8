"""Paying a repayment through the shop's providers."""

import logging

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from loans.models import Repayment, RepaymentPayment
from loans.models.repayments import RepaymentStatus
from loans.selectors.loans import repayments_of
from loans.sentences import sentence
from loans.services.repaying import ask_about, record_repayment
from shop.exceptions import ProviderUnreachable
from shop.models.payments import PaymentOutcome
from shop.payments import Addresses, open_providers, provider_named
from shop.views.account import CustomerRequest, for_customers
from shop.views.payments import answer_provider

logger = logging.getLogger(__name__)


@require_safe
@for_customers
def pay(request: CustomerRequest, number: str) -> HttpResponse:
    """Before, during and after a payment; the address that a provider sends the customer back to."""
    repayment = own_repayment(request, number)
    last = repayment.payments.order_by("pk").last()
    context = {
        "repayment": repayment,
        "loan": repayment.loan,
        "is_payable": is_payable(repayment),
        "is_paid": repayment.status == RepaymentStatus.PAID,
        "providers": open_providers() if is_payable(repayment) else [],
        "has_failed": bool(last and last.outcome == PaymentOutcome.FAILED),
        "is_mismatched": bool(last and last.outcome == PaymentOutcome.MISMATCHED),
        "is_back": "back" in request.GET,
        "accepted": accepted_payment(repayment),
        "refunds": [each.refund for each in repayment.payments.select_related("refund")
                    if hasattr(each, "refund")],
    }  # fmt: skip
    return render(request, "loans/pay.html", context)


@require_POST
@for_customers
def start(request: CustomerRequest, number: str, provider_name: str) -> HttpResponse:
    """To the provider's page, with a repayment that can still be paid."""
    repayment, provider = own_repayment(request, number), provider_named(provider_name)
    if provider is None:
        raise Http404
    if not is_payable(repayment):
        return redirect("loans:pay", number)
    addresses = Addresses(
        back=request.build_absolute_uri(reverse("loans:pay", args=(number,)) + "?back=1"),
        notify=request.build_absolute_uri(reverse("loans:payment-callback", args=(provider_name,))),
    )
    return redirect(provider.page_address(repayment, addresses))


@require_POST
@for_customers
def check(request: CustomerRequest, number: str) -> HttpResponse:
    """Ask the providers ourselves, where their callback is late."""
    repayment = own_repayment(request, number)
    try:
        for provider in open_providers():
            ask_about(repayment=repayment, provider=provider)
    except ProviderUnreachable as error:
        logger.warning("repayment %s: %s", number, error)
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("We have asked: this is how it stands."))
    return redirect("loans:pay", number)


@csrf_exempt
@require_POST
def callback(request: HttpRequest, provider_name: str) -> HttpResponse:
    return answer_provider(request, provider_name, record_repayment)


def own_repayment(request: CustomerRequest, number: str) -> Repayment:
    return get_object_or_404(repayments_of(request.user), number=number)


def is_payable(repayment: Repayment) -> bool:
    """Nobody is sent to pay what is paid, too late, or not owed any more."""
    return (
        repayment.status == RepaymentStatus.STARTED
        and repayment.pay_until > timezone.now()
        and repayment.loan.is_repayable
    )


def accepted_payment(repayment: Repayment) -> RepaymentPayment | None:
    return repayment.payments.filter(outcome=PaymentOutcome.ACCEPTED).first()
