"""What the loan desk holds about a customer, for the customer. What they said of their money stays sealed."""

from collections.abc import Sequence
from typing import Any

from loans.models import Application, Loan
from shop.models import Customer

APPLICATION = (
    "number", "status", "amount", "months", "consent_version", "consented_at", "submitted_at", "purged_at",
    "created_at",
)  # fmt: skip
DECISION = ("status", "score", "band", "score_reasons", "reasons", "written_reason", "created_at")
OFFER = ("number", "kind", "principal", "months", "annual_rate", "instalment", "total_interest", "expires_at")
LOAN = (
    "number", "status", "principal", "principal_left", "annual_rate", "months", "accepted_at",
    "rescindable_until", "disbursed_at", "closed_at",
)  # fmt: skip
INSTALMENT = (
    "number", "due_on", "principal", "interest", "fee", "principal_paid", "interest_paid", "fee_paid",
)  # fmt: skip
REPAYMENT = ("number", "kind", "total", "status", "created_at")


def applications(customer: Customer) -> object:
    rows = Application.objects.filter(customer=customer).prefetch_related("decisions", "offers")
    return [
        {
            **_fields(row, APPLICATION),
            "decisions": [_fields(each, DECISION) for each in row.decisions.all()],
            "offers": [_fields(each, OFFER) for each in row.offers.all()],
        }
        for row in rows.order_by("pk")
    ]


def loans(customer: Customer) -> object:
    rows = Loan.objects.filter(customer=customer).prefetch_related("instalments", "repayments")
    return [
        {
            **_fields(row, LOAN),
            "application": row.application.number,
            "instalments": [_fields(each, INSTALMENT) for each in row.instalments.all()],
            "repayments": [_fields(each, REPAYMENT) for each in row.repayments.all()],
        }
        for row in rows.select_related("application").order_by("pk")
    ]


def _fields(row: Any, names: Sequence[str]) -> dict[str, object]:
    return {name: getattr(row, name) for name in names}
