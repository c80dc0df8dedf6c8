"""Between a loan's rows in the database and the book that `loans.settling` reckons with."""

from loans.models import Instalment, Loan
from loans.settling import Book, Row

TERMS = ("due_on", "principal", "interest", "is_ahead")
PAID = ("fee", "fee_paid", "interest_paid", "principal_paid")


def book_of(loan: Loan) -> Book:
    """As it stands; lock the loan first to change it."""
    rows = (
        Row(
            number=each.number, due_on=each.due_on, principal=each.principal, interest=each.interest,
            fee=each.fee, principal_paid=each.principal_paid, interest_paid=each.interest_paid,
            fee_paid=each.fee_paid, is_ahead=each.is_ahead,
        )
        for each in loan.instalments.order_by("number")
    )  # fmt: skip
    return Book(loan.annual_rate, loan.interest_from, tuple(rows))


def keep_book(loan: Loan, book: Book) -> None:
    """Write what has changed, in the transaction that holds the loan's lock.

    A row whose terms changed is another row; one on which anything is paid never changes its terms.
    """
    kept = {each.number: each for each in loan.instalments.all()}
    replaced = [
        each.pk for each in kept.values()
        if (row := _row(book, each.number)) is None or _terms(row) != _terms(each)
    ]  # fmt: skip
    loan.instalments.filter(pk__in=replaced).delete()
    for row in book.rows:
        before = kept.get(row.number)
        if before is None or before.pk in replaced:
            fields = {name: getattr(row, name) for name in (*TERMS, *PAID)}
            Instalment.objects.create(loan=loan, number=row.number, **fields)
        elif any(getattr(before, name) != getattr(row, name) for name in PAID):
            loan.instalments.filter(pk=before.pk).update(**{name: getattr(row, name) for name in PAID})
    Loan.objects.filter(pk=loan.pk).update(
        principal_left=book.principal_left, interest_from=book.interest_from
    )


def _row(book: Book, number: int) -> Row | None:
    return next((row for row in book.rows if row.number == number), None)


def _terms(row: Row | Instalment) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in TERMS)
