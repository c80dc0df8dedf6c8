"""How money settles a loan: pure Decimal over the rows of its schedule.

A payment settles fees, then interest, then principal of what is due. Paid ahead of the schedule, what is
left settles the interest to date and lessens the principal: the payment becomes a row of its own, and the
rows after it are drawn up anew over the months that are left, so that the rows of a loan always come to its
principal, and what is paid and what is left to what is owed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

from loans.exceptions import Unschedulable
from loans.terms import (
    CENT,
    NOTHING,
    cents,
    days_between,
    exact_interest,
    first_day,
    instalment,
    months_after,
    schedule,
)


@dataclass(frozen=True, slots=True)
class Row:
    """An instalment as it stands."""

    number: int
    due_on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal = NOTHING
    principal_paid: Decimal = NOTHING
    interest_paid: Decimal = NOTHING
    fee_paid: Decimal = NOTHING
    is_ahead: bool = False

    @property
    def left(self) -> Decimal:
        return self.fee_left + self.interest_left + self.principal_left

    @property
    def fee_left(self) -> Decimal:
        return self.fee - self.fee_paid

    @property
    def interest_left(self) -> Decimal:
        return self.interest - self.interest_paid

    @property
    def principal_left(self) -> Decimal:
        return self.principal - self.principal_paid

    def paying(self, fee: Decimal, interest: Decimal, principal: Decimal) -> "Row":
        return replace(
            self,
            fee_paid=self.fee_paid + fee,
            interest_paid=self.interest_paid + interest,
            principal_paid=self.principal_paid + principal,
        )


@dataclass(frozen=True, slots=True)
class Book:
    """A loan's rows. Until `interest_from` the interest of the principal that is left is settled."""

    annual_rate: Decimal
    interest_from: date
    rows: tuple[Row, ...]

    @property
    def principal_left(self) -> Decimal:
        return sum((row.principal_left for row in self.rows), NOTHING)

    @property
    def is_settled(self) -> bool:
        return not any(row.left for row in self.rows)

    def due_rows(self, today: date) -> list[Row]:
        return [row for row in self.rows if row.left and row.due_on <= today]

    def coming_rows(self, today: date) -> list[Row]:
        """None of them is paid in part: what is paid before its day pays a row whole, or goes ahead."""
        return [row for row in self.rows if row.left and row.due_on > today]

    def due(self, today: date) -> Decimal:
        return sum((row.left for row in self.due_rows(today)), NOTHING)

    def next_amount(self, today: date) -> Decimal:
        """What is due; where nothing is, the next instalment; nothing once all is paid."""
        return self.due(today) or next((row.left for row in self.coming_rows(today)), NOTHING)

    def coming_principal(self, today: date) -> Decimal:
        return sum((row.principal for row in self.coming_rows(today)), NOTHING)

    def interest_to_date(self, today: date) -> Decimal:
        """Of the principal that is not due yet, since the day until which its interest is settled or due."""
        days = max(0, days_between(self.period_start(today), today))
        return cents(exact_interest(self.coming_principal(today), self.annual_rate, days))

    def period_start(self, today: date) -> date:
        """The last due day that is over, or whose row was paid before it came."""
        over = [row.due_on for row in self.rows if row.due_on <= today or not row.left]
        return max([self.interest_from, *over])

    def payoff(self, today: date) -> Decimal:
        """What settles the loan: what is due, the principal that is left, and its interest to date."""
        return self.due(today) + self.coming_principal(today) + self.interest_to_date(today)

    def least_ahead(self, today: date) -> Decimal:
        """The least amount that lessens the principal to come; nothing where none is to come."""
        if not self.coming_principal(today):
            return NOTHING
        return self.due(today) + self.interest_to_date(today) + CENT


@dataclass(frozen=True, slots=True)
class Settlement:
    """The book after a payment, and what of it went where. `surplus` the loan had no use for."""

    book: Book
    fee: Decimal
    interest: Decimal
    principal: Decimal
    surplus: Decimal

    @property
    def settled(self) -> Decimal:
        return self.fee + self.interest + self.principal


def open_book(principal: Decimal, annual_rate: Decimal, months: int, day: date) -> Book:
    """Of a loan accepted on `day`. Raises Unschedulable."""
    start = first_day(day)
    planned = schedule(principal, annual_rate, months, first_due_on=months_after(start, 1))
    rows = tuple(Row(each.number, each.due_on, each.principal, each.interest) for each in planned.instalments)
    return Book(annual_rate, start, rows)


def settle(book: Book, amount: Decimal, today: date, *, is_ahead: bool) -> Settlement:
    """Pay `amount`: what is due first; then, unless it `is_ahead`, the next instalment if it pays it whole.

    What is left lessens the principal to come. Less than the interest to date does not, and is surplus,
    as is what the loan does not owe.
    """
    due = book.due_rows(today)
    paid = settle_rows(due, amount)
    rest = amount - _gained(due, paid)
    coming = book.coming_rows(today)
    if coming and not due and not is_ahead and rest == coming[0].left:
        paid, rest = [*paid, coming[0].paying(NOTHING, coming[0].interest, coming[0].principal)], NOTHING
    after = _with(book, paid)
    if rest and rest >= after.least_ahead(today) > 0:
        after, used = _ahead(after, rest, today)
        rest -= used
    return _settlement(book, after, rest)


def settle_rows(rows: Sequence[Row], amount: Decimal) -> list[Row]:
    """Fees of all, then interest of all, then principal of all, each in order."""
    fees = list(_shares([row.fee_left for row in rows], amount))
    interests = list(_shares([row.interest_left for row in rows], amount - sum(fees)))
    principals = list(_shares([row.principal_left for row in rows], amount - sum(fees) - sum(interests)))
    return [row.paying(*parts) for row, *parts in zip(rows, fees, interests, principals, strict=True)]


def with_late_fees(book: Book, today: date, grace_days: int, most: Decimal, cap: Decimal) -> Book:
    """A fee, once, for each row unpaid more than so many days after it was due: `most`, or a share of it."""
    return replace(book, rows=tuple(_with_late_fee(row, today, grace_days, most, cap) for row in book.rows))


def is_late(row: Row, today: date, grace_days: int) -> bool:
    return bool(row.left) and row.due_on + timedelta(days=grace_days) < today


def _with_late_fee(row: Row, today: date, grace_days: int, most: Decimal, cap: Decimal) -> Row:
    if row.fee or not is_late(row, today, grace_days):
        return row
    share = ((row.principal + row.interest) * cap).quantize(CENT, ROUND_DOWN)
    return replace(row, fee=min(most, share))


def _ahead(book: Book, amount: Decimal, today: date) -> tuple[Book, Decimal]:
    """The interest to date and as much of the principal to come as `amount` pays, and what it took."""
    interest, coming = book.interest_to_date(today), book.coming_rows(today)
    whole = book.coming_principal(today)
    principal = min(amount - interest, whole)
    kept = tuple(row for row in book.rows if row not in coming)
    start = max(book.period_start(today), today)
    row = Row(
        len(kept) + 1, today, principal, interest, principal_paid=principal, interest_paid=interest,
        is_ahead=True,
    )  # fmt: skip
    days = [each.due_on for each in coming]
    rest = _redrawn(whole - principal, book.annual_rate, start, days, len(kept) + 2)
    return replace(book, interest_from=start, rows=(*kept, row, *rest)), interest + principal


def _redrawn(
    principal: Decimal, annual_rate: Decimal, start: date, due_days: Sequence[date], number: int
) -> tuple[Row, ...]:
    """Level instalments on the same days as before; on fewer of them where the rest is too little."""
    if not principal:
        return ()
    for months in range(len(due_days), 1, -1):
        try:
            level = instalment(principal, annual_rate, months)
        except Unschedulable:
            continue
        rows = list(_level_rows(principal, annual_rate, start, due_days[:months], number, level))
        if all(row.principal > 0 for row in rows):
            return tuple(rows)
    return tuple(_level_rows(principal, annual_rate, start, due_days[:1], number, principal))


def _level_rows(  # noqa: PLR0913, PLR0917 (the terms of a loan)
    balance: Decimal, annual_rate: Decimal, start: date, due_days: Sequence[date], number: int, level: Decimal
) -> Iterator[Row]:
    """Interest from `start` to each day; the last row is what is left, and so absorbs all rounding."""
    for place, due_on in enumerate(due_days):
        interest = cents(exact_interest(balance, annual_rate, days_between(start, due_on)))
        principal = balance if due_on == due_days[-1] else level - interest
        yield Row(number + place, due_on, principal, interest)
        balance, start = balance - principal, due_on


def _with(book: Book, paid: Sequence[Row]) -> Book:
    by_number = {row.number: row for row in paid}
    return replace(book, rows=tuple(by_number.get(row.number, row) for row in book.rows))


def _gained(before: Sequence[Row], after: Sequence[Row]) -> Decimal:
    return sum((row.left for row in before), NOTHING) - sum((row.left for row in after), NOTHING)


def _settlement(before: Book, after: Book, surplus: Decimal) -> Settlement:
    fee, interest, principal = (
        sum((getattr(row, name) for row in after.rows), NOTHING)
        - sum((getattr(row, name) for row in before.rows), NOTHING)
        for name in ("fee_paid", "interest_paid", "principal_paid")
    )
    return Settlement(after, fee, interest, principal, surplus)


def _shares(parts: Sequence[Decimal], amount: Decimal) -> Iterator[Decimal]:
    for part in parts:
        share = min(part, amount)
        amount -= share
        yield share
