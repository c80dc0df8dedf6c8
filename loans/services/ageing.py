"""What time does to loans: reminders, late fees after the days of grace, and the state of being overdue."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from loans.models import Loan
from loans.models.ledger import Account, EntryKind
from loans.models.loans import REPAYABLE, LoanStatus
from loans.services.books import book_of, keep_book
from loans.services.ledger import enter
from loans.services.locks import lock_loan
from loans.services.moves import move_loan
from loans.services.news import tell_borrower
from loans.settling import Book, is_late, with_late_fees

REMIND_DAYS = 3  # before an instalment is due


def age_loans() -> int:
    """Each in a transaction of its own; safe to run again. Returns how many changed."""
    today = timezone.localdate()
    touched = Loan.objects.filter(
        status__in=REPAYABLE, instalments__due_on__lte=today + timedelta(days=REMIND_DAYS)
    )
    return sum(age_loan(loan_id=pk, today=today) for pk in sorted(set(touched.values_list("pk", flat=True))))


@transaction.atomic
def age_loan(*, loan_id: int, today: date) -> bool:
    """Whether anything changed."""
    loan = lock_loan(loan_id)
    if not loan.is_repayable:
        return False
    policy, book = loan.policy.policy, book_of(loan)
    aged = with_late_fees(book, today, policy.grace_days, policy.late_fee, policy.late_fee_cap)
    if aged != book:
        keep_book(loan, aged)
        _enter_fees(loan, book, aged, today)
    is_overdue = _become_overdue(loan, aged, today, policy.grace_days)
    return _remind(loan, aged, today) or is_overdue or aged != book


def _enter_fees(loan: Loan, book: Book, aged: Book, today: date) -> None:
    for before, after in zip(book.rows, aged.rows, strict=True):
        if fee := after.fee - before.fee:
            enter(
                loan=loan, kind=EntryKind.FEE, key=f"fee-{after.number}", on=today,
                lines={Account.FEES: fee, Account.FEE_INCOME: -fee},
            )  # fmt: skip


def _become_overdue(loan: Loan, book: Book, today: date, grace_days: int) -> bool:
    if loan.status != LoanStatus.ACTIVE or not any(is_late(row, today, grace_days) for row in book.rows):
        return False
    move_loan(loan, LoanStatus.OVERDUE, None)
    tell_borrower(loan.customer, loan.number, "overdue", loan=loan, due=book.due(today))
    return True


def _remind(loan: Loan, book: Book, today: date) -> bool:
    """Once for an instalment, some days before it is due."""
    soon = [row for row in book.coming_rows(today) if row.due_on <= today + timedelta(days=REMIND_DAYS)]
    unreminded = loan.instalments.filter(number__in=[row.number for row in soon], was_reminded=False)
    instalment = unreminded.order_by("number").first()
    if instalment is None:
        return False
    loan.instalments.filter(pk=instalment.pk).update(was_reminded=True)
    tell_borrower(loan.customer, loan.number, "reminder", loan=loan, instalment=instalment)
    return True
