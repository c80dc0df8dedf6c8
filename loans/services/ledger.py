"""Writing the ledger: entries that balance, each once."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from loans.exceptions import LoanError
from loans.models import LedgerEntry, LedgerLine, Loan, RepaymentPayment
from loans.models.ledger import Account, EntryKind


class Unbalanced(LoanError):
    """The lines of an entry do not come to nothing."""


def enter(  # noqa: PLR0913 (the columns of an entry)
    *,
    loan: Loan,
    kind: EntryKind,
    key: str,
    on: date,
    lines: Mapping[Account, Decimal],
    payment: RepaymentPayment | None = None,
    reverses: LedgerEntry | None = None,
) -> LedgerEntry:
    """In the transaction of what it tells of. Raises Unbalanced; the same key twice is an IntegrityError."""
    if sum(lines.values()):
        raise Unbalanced(f"{kind} of loan {loan.number}: {sum(lines.values())} too much")
    entry = LedgerEntry.objects.create(
        loan=loan, kind=kind, key=key, on=on, payment=payment, reverses=reverses
    )
    LedgerLine.objects.bulk_create(
        LedgerLine(entry=entry, account=account, amount=amount) for account, amount in lines.items() if amount
    )
    return entry


def reverse(*, entry: LedgerEntry, on: date) -> LedgerEntry:
    """The correction of an entry: its lines with the other sign. An entry is reversed once."""
    lines = {Account(line.account): -line.amount for line in entry.lines.all()}
    return enter(
        loan=entry.loan, kind=EntryKind.REVERSAL, key=f"reversal-{entry.pk}", on=on, lines=lines,
        reverses=entry,
    )  # fmt: skip
