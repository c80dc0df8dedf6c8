"""What the loan desk holds about a customer, for the customer. What they said of their money stays sealed."""

from loans.models import Application, Loan
from shop.models import Customer


def applications(customer: Customer) -> object:
    columns = (
        "number", "status", "amount", "months", "consent_version", "consented_at", "submitted_at",
        "purged_at", "created_at",
    )  # fmt: skip
    decided = ("status", "score", "band", "score_reasons", "reasons", "written_reason", "created_at")
    offered = (
        "number", "kind", "principal", "months", "annual_rate", "instalment", "total_interest", "expires_at",
    )  # fmt: skip
    rows = Application.objects.filter(customer=customer).order_by("pk")
    return [
        {
            **{name: getattr(row, name) for name in columns},
            "decisions": list(row.decisions.values(*decided)),
            "offers": list(row.offers.values(*offered)),
        }
        for row in rows
    ]


def loans(customer: Customer) -> object:
    columns = (
        "number", "status", "principal", "principal_left", "annual_rate", "months", "accepted_at",
        "rescindable_until", "disbursed_at", "closed_at",
    )  # fmt: skip
    due = (
        "number", "due_on", "principal", "interest", "fee", "principal_paid", "interest_paid", "fee_paid",
    )  # fmt: skip
    paid = ("number", "kind", "total", "status", "created_at")
    rows = Loan.objects.filter(customer=customer).order_by("pk")
    return [
        {
            **{name: getattr(row, name) for name in columns},
            "application": row.application.number,
            "instalments": list(row.instalments.values(*due)),
            "repayments": list(row.repayments.order_by("pk").values(*paid)),
        }
        for row in rows.select_related("application")
    ]
