"""Rows of the loan desk for tests, made by its services as a customer would make them."""

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from loans.consent import CONSENT_VERSION
from loans.models import Application, Instalment, Loan, Offer, PolicyVersion, Repayment
from loans.models.repayments import RepaymentKind
from loans.offers import Finances, Request
from loans.policy import DEFAULT_POLICY
from loans.services.applying import start_application, submit_application
from loans.services.deciding import decide_application
from loans.services.lending import Acceptance, accept_offer
from loans.services.repaying import record_repayment, start_repayment
from shop.models import Customer, Order, SandboxTrade
from shop.models.orders import PaymentType
from shop.payments import Callback
from tests.shop.builders import a_customer, a_paid_order, a_product

_numbers = count(1)


def a_policy(**changed: Any) -> PolicyVersion:
    """A newer version of the one that the desk starts with."""
    return PolicyVersion.objects.create(page=DEFAULT_POLICY.as_json() | changed, note="For a test")


def a_shopper(login_name: str = "alice", orders: int = 4, **fields: Any) -> Customer:
    """A customer with paid orders, a fortnight apart, the last of them yesterday."""
    customer = a_customer(login_name, **fields)
    product = a_product(on_hand=1000)
    for place in range(orders):
        order = a_paid_order(customer, product, quantity=5)
        at = timezone.now() - timedelta(days=1 + 14 * place)
        Order.objects.filter(pk=order.pk).update(paid_at=at, created_at=at)
    return customer


def finances(income: str = "8000.00", **fields: Any) -> Finances:
    said: dict[str, Any] = {
        "income": Decimal(income), "coapplicant_income": Decimal("0.00"), "obligations": Decimal("500.00"),
        "has_credit_history": True,
    }  # fmt: skip
    return Finances(**(said | fields))


def a_draft(customer: Customer) -> Application:
    return start_application(customer=customer, consent_version=CONSENT_VERSION)


def a_submitted(customer: Customer, amount: str = "300.00", months: int = 6, **said: Any) -> Application:
    return submit_application(
        application=a_draft(customer), finances=finances(**said), request=Request(Decimal(amount), months)
    )


def a_decided(customer: Customer, amount: str = "300.00", months: int = 6, **said: Any) -> Application:
    return decide_application(application=a_submitted(customer, amount, months, **said))


def an_offer(customer: Customer, amount: str = "300.00", months: int = 6) -> Offer:
    """The loan asked for, offered."""
    return a_decided(customer, amount, months).offers.get(kind="asked")


def accepted(offer: Offer) -> Loan:
    return accept_offer(
        customer=offer.application.customer, acceptance=Acceptance(offer.number, offer.terms_hash)
    )


def a_loan(customer: Customer, amount: str = "300.00", months: int = 6) -> Loan:
    return accepted(an_offer(customer, amount, months))


def a_repayment(loan: Loan, kind: str = "instalment", amount: str | None = None) -> Repayment:
    chosen = None if amount is None else Decimal(amount)
    return start_repayment(loan=loan, kind=RepaymentKind(kind), amount=chosen)


def a_word(repayment: Repayment, **fields: Any) -> Callback:
    """The sandbox's, that a repayment is paid."""
    told: dict[str, Any] = {
        "payment_type": PaymentType.SANDBOX, "callback_id": f"R{next(_numbers)}",
        "order_number": repayment.number, "amount": repayment.total, "currency": "CNY", "is_paid": True,
    }  # fmt: skip
    return Callback(**(told | fields))


def pay(loan: Loan, kind: str = "instalment", amount: str | None = None) -> Repayment:
    """As the sandbox's page and its callback do, so that a refund finds the trade."""
    repayment = a_repayment(loan, kind, amount)
    trade = SandboxTrade.objects.create(
        order_number=repayment.number, amount=repayment.total, currency="CNY", is_paid=True
    )
    record_repayment(callback=a_word(repayment, callback_id=f"S{trade.pk}"))
    repayment.refresh_from_db()
    loan.refresh_from_db()
    return repayment


def let_pass(loan: Loan, days: int) -> None:
    """As if the loan were so many days older."""
    for instalment in Instalment.objects.filter(loan=loan):
        moved = instalment.due_on - timedelta(days=days)
        Instalment.objects.filter(pk=instalment.pk).update(due_on=moved)
    Loan.objects.filter(pk=loan.pk).update(
        interest_from=loan.interest_from - timedelta(days=days),
        accepted_at=loan.accepted_at - timedelta(days=days),
        rescindable_until=loan.rescindable_until - timedelta(days=days),
    )
    loan.refresh_from_db()
