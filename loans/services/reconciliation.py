"""Proving that a loan's ledger, its rows, its payments and the sums kept beside them agree."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from loans.models import Loan
from loans.models.ledger import Account
from loans.models.loans import OWED, LoanStatus
from shop.services.reconciliation import Difference

AT_ONCE = 500
NOTHING = Decimal("0.00")


def loan_differences() -> Iterator[Difference]:
    """Every difference there is; none at a sound desk."""
    loans = Loan.objects.order_by("pk").prefetch_related(
        "instalments", "entries__lines", "repayments__payments__refund", "coupon__held"
    )
    for loan in loans.iterator(AT_ONCE):
        yield from _entries(loan)
        yield from _balances(loan)
        yield from _payments(loan)
        yield from _coupon(loan)


def _entries(loan: Loan) -> Iterator[Difference]:
    for entry in loan.entries.all():
        balance = sum((line.amount for line in entry.lines.all()), NOTHING)
        yield from _unequal(f"loan {loan.number}, entry {entry.key}", balance, NOTHING)


def _balances(loan: Loan) -> Iterator[Difference]:
    held: Counter[str] = Counter()
    for entry in loan.entries.all():
        for line in entry.lines.all():
            held[line.account] += line.amount
    balance = {account: Decimal(held[account]) for account in Account}
    rows = list(loan.instalments.all())
    is_paid_out = loan.status != LoanStatus.PENDING
    name = f"loan {loan.number}"
    yield from _unequal(
        f"{name}, principal by its ledger",
        loan.principal_left if is_paid_out else NOTHING,
        balance[Account.PRINCIPAL],
    )
    if loan.status == LoanStatus.RESCINDED:
        yield from _unequal(f"{name}, rows of a loan withdrawn from", len(rows), 0)
        return
    yield from _unequal(f"{name}, rows", loan.principal, sum((row.principal for row in rows), NOTHING))
    paid = sum((row.paid for row in rows), NOTHING)
    yield from _unequal(f"{name}, received by its ledger", paid, balance[Account.CASH])
    interest = sum((row.interest_paid for row in rows), NOTHING)
    yield from _unequal(f"{name}, interest by its ledger", interest, -balance[Account.INTEREST_INCOME])
    fees = sum((row.fee for row in rows), NOTHING)
    yield from _unequal(f"{name}, fees by its ledger", fees, -balance[Account.FEE_INCOME])
    if loan.status != LoanStatus.WRITTEN_OFF:
        left = sum((row.principal - row.principal_paid for row in rows), NOTHING)
        yield from _unequal(f"{name}, principal by its rows", loan.principal_left, left)
        fees_left = sum((row.fee - row.fee_paid for row in rows), NOTHING)
        yield from _unequal(f"{name}, fees owed by its ledger", fees_left, balance[Account.FEES])
    is_settled = not any(row.left for row in rows)
    if loan.status in OWED or loan.status == LoanStatus.CLOSED:
        yield from _unequal(f"{name}, repaid", loan.status == LoanStatus.CLOSED, is_settled)


def _payments(loan: Loan) -> Iterator[Difference]:
    payments = [payment for each in loan.repayments.all() for payment in each.payments.all()]
    settled = sum((payment.settled for payment in payments), NOTHING)
    entered = sum(
        (
            line.amount for entry in loan.entries.all() for line in entry.lines.all()
            if line.account == Account.CASH
        ),
        NOTHING,
    )  # fmt: skip
    yield from _unequal(f"loan {loan.number}, received by its payments", settled, entered)
    for payment in payments:
        if payment.outcome in {"accepted", "surplus"}:
            back = payment.refund.amount if hasattr(payment, "refund") else NOTHING
            name = f"loan {loan.number}, payment {payment.callback_id}"
            yield from _unequal(name, payment.amount, payment.settled + back)


def _coupon(loan: Loan) -> Iterator[Difference]:
    given = loan.coupon.value if loan.coupon else NOTHING
    due = NOTHING if loan.status == LoanStatus.PENDING else loan.principal
    yield from _unequal(f"loan {loan.number}, its coupon", due, given)
    if loan.coupon and loan.status == LoanStatus.RESCINDED:
        yield from _unequal(f"loan {loan.number}, its coupon taken back", loan.coupon.is_active, False)


def _unequal(what: str, kept: object, proved: object) -> Iterator[Difference]:
    if kept != proved:
        yield Difference(what, kept, proved)
