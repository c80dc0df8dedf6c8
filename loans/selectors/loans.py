"""What the pages of the loan desk show of a customer's loans: coupon, statement, the way back out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet, Sum
from django.utils import timezone

from loans.models import LedgerEntry, Loan, Repayment, RepaymentPayment
from loans.models.ledger import Account
from loans.models.loans import LoanStatus
from loans.models.repayments import RepaymentKind, RepaymentStatus
from loans.terms import NOTHING
from shop.models import Customer, CustomerCoupon


@dataclass(frozen=True, slots=True)
class StatementLine:
    """An entry of the ledger as the customer reads it. `owed` is principal and fees after it."""

    kind: str
    on: date
    principal: Decimal
    fee: Decimal
    interest: Decimal
    owed: Decimal

    @property
    def amount(self) -> Decimal:
        """Below nothing where it lessens what is owed; interest is owed as it is paid."""
        return self.principal + self.fee - self.interest


@dataclass(frozen=True, slots=True)
class Spending:
    """Of a loan's coupon: on which orders, and what is left to spend."""

    orders: tuple[CustomerCoupon, ...]
    left: Decimal


def loans_of(customer: Customer) -> QuerySet[Loan]:
    """Newest first."""
    return Loan.objects.filter(customer=customer).select_related(
        "policy", "coupon", "offer__decision__policy"
    )


def repayments_of(customer: Customer) -> QuerySet[Repayment]:
    return Repayment.objects.filter(loan__customer=customer).select_related("loan__policy")


def spending_of(loan: Loan) -> Spending:
    held = CustomerCoupon.objects.filter(coupon=loan.coupon_id, customer=loan.customer_id)
    parts = tuple(held.exclude(used_on=None).select_related("used_on").order_by("pk"))
    is_open = loan.coupon is not None and loan.coupon.is_open
    left = held.filter(used_on=None).aggregate(sum=Sum("value"))["sum"] if is_open else None
    return Spending(parts, left or NOTHING)


def statement_of(loan: Loan) -> Iterator[StatementLine]:
    """Oldest first; the last line's `owed` is what is owed now, but for the interest to date."""
    owed = NOTHING
    for entry in LedgerEntry.objects.filter(loan=loan).prefetch_related("lines").order_by("pk"):
        amount = {Account(line.account): line.amount for line in entry.lines.all()}
        principal, fee = amount.get(Account.PRINCIPAL, NOTHING), amount.get(Account.FEES, NOTHING)
        owed += principal + fee
        yield StatementLine(
            kind=entry.kind, on=entry.on, principal=principal, fee=fee,
            interest=-amount.get(Account.INTEREST_INCOME, NOTHING), owed=owed,
        )  # fmt: skip


def rescission_obstacle(loan: Loan) -> str:
    """Why the loan cannot be withdrawn from: "over", or what CoolingOffOver says; nothing while it can."""
    if loan.status != LoanStatus.ACTIVE:
        return "over"
    if timezone.now() > loan.rescindable_until:
        return "late"
    if RepaymentPayment.objects.filter(repayment__loan=loan, settled__gt=0).exists():
        return "repaid"
    is_spent = CustomerCoupon.objects.filter(coupon=loan.coupon_id).exclude(used_on=None).exists()
    return "spent" if is_spent else ""


def unpaid_repayment(loan: Loan, kind: RepaymentKind, total: Decimal) -> Repayment | None:
    """The one that was started today for the same and can still be paid: a button pressed twice is one."""
    now = timezone.now()
    started = Repayment.objects.filter(
        loan=loan, kind=kind, total=total, status=RepaymentStatus.STARTED, payments=None, pay_until__gt=now
    ).last()
    is_of_today = started and timezone.localdate(started.created_at) == timezone.localdate(now)
    return started if is_of_today else None
