"""How payments settle a loan's rows: whatever is paid, and when, no cent is lost or made."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loans.settling import Book, open_book, settle, with_late_fees

ACCEPTED = date(2026, 3, 10)
RATE = Decimal("0.094822")


def D(text: str) -> Decimal:  # noqa: N802 (amounts read best short)
    return Decimal(text)


@pytest.fixture
def book() -> Book:
    return open_book(D("100.00"), RATE, 6, ACCEPTED)


def owed(book: Book) -> list[tuple[Decimal, Decimal]]:
    return [(row.principal, row.interest) for row in book.rows]


def test_a_loan_opens_with_its_schedule(book: Book) -> None:
    assert [row.principal + row.interest for row in book.rows] == [D("17.13")] * 5 + [D("17.13")]
    assert [row.interest for row in book.rows] == [D(x) for x in (".79", ".66", ".53", ".40", ".27", ".13")]
    assert book.rows[0].due_on == date(2026, 4, 10)


def test_nothing_is_due_before_its_day_and_the_next_instalment_can_be_paid(book: Book) -> None:
    day = date(2026, 4, 9)
    assert (book.due(day), book.next_amount(day)) == (D("0.00"), D("17.13"))
    paid = settle(book, D("17.13"), day, is_ahead=False)
    assert (paid.interest, paid.principal, paid.surplus) == (D("0.79"), D("16.34"), D("0.00"))
    assert [row.left for row in paid.book.rows] == [D("0.00")] + [D("17.13")] * 5


def test_fees_come_first_then_interest_then_principal(book: Book) -> None:
    late = with_late_fees(book, date(2026, 5, 11), 5, D("10.00"), D("0.05"))
    assert [row.fee for row in late.rows[:2]] == [D("0.85"), D("0.00")]
    paid = settle(late, D("2.00"), date(2026, 5, 11), is_ahead=False)
    assert (paid.fee, paid.interest, paid.principal) == (D("0.85"), D("1.15"), D("0.00"))


def test_a_late_fee_is_charged_once_and_only_after_the_days_of_grace(book: Book) -> None:
    assert with_late_fees(book, date(2026, 4, 15), 5, D("10.00"), D("0.05")) == book
    late = with_late_fees(book, date(2026, 4, 16), 5, D("10.00"), D("0.05"))
    assert late.rows[0].fee == D("0.85")
    assert with_late_fees(late, date(2026, 5, 1), 5, D("10.00"), D("0.05")) == late


def test_a_payoff_is_the_principal_and_its_interest_to_date(book: Book) -> None:
    day = date(2026, 3, 25)  # half a month: 100 at 9.4822 % for 15 of 360 days
    assert book.payoff(day) == D("100.40")
    paid = settle(book, D("100.40"), day, is_ahead=True)
    assert (paid.book.is_settled, paid.interest, paid.principal) == (True, D("0.40"), D("100.00"))
    assert [row.is_ahead for row in paid.book.rows] == [True]


def test_what_is_paid_ahead_lessens_principal_and_interest(book: Book) -> None:
    paid = settle(book, D("50.40"), date(2026, 3, 25), is_ahead=True)
    assert (paid.interest, paid.principal, paid.surplus) == (D("0.40"), D("50.00"), D("0.00"))
    assert paid.book.principal_left == D("50.00")
    assert [row.due_on for row in paid.book.rows[1:]] == [row.due_on for row in book.rows]
    assert sum(row.interest for row in paid.book.rows) < sum(row.interest for row in book.rows)
    assert paid.book.rows[1].interest == D("0.20")  # 50 for the 15 days that are left


def test_more_than_is_owed_is_surplus(book: Book) -> None:
    paid = settle(book, D("120.00"), date(2026, 3, 25), is_ahead=True)
    assert (paid.book.is_settled, paid.settled, paid.surplus) == (True, D("100.40"), D("19.60"))


def test_less_than_the_interest_to_date_is_surplus_and_changes_nothing(book: Book) -> None:
    paid = settle(book, D("0.40"), date(2026, 3, 25), is_ahead=True)
    assert (paid.book, paid.settled, paid.surplus) == (book, D("0.00"), D("0.40"))


def test_a_payment_for_a_settled_loan_is_surplus(book: Book) -> None:
    over = settle(book, book.payoff(ACCEPTED), ACCEPTED, is_ahead=True).book
    assert settle(over, D("17.13"), ACCEPTED, is_ahead=False).surplus == D("17.13")


def test_on_the_day_of_acceptance_a_payoff_costs_no_interest(book: Book) -> None:
    assert book.payoff(ACCEPTED) == D("100.00")


steps = st.lists(
    st.tuples(
        st.integers(0, 70), st.decimals("0.01", "60.00", places=2), st.sampled_from(["next", "ahead", "some"])
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(
    principal=st.decimals("4.00", "5000.00", places=2),
    rate=st.decimals("0", "0.24", places=4),
    months=st.integers(1, 24),
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    taken=steps,
)
def test_whatever_is_paid_no_cent_is_lost_or_made(
    principal: Decimal, rate: Decimal, months: int, day: date, taken: list[tuple[int, Decimal, str]]
) -> None:
    book, today, received, settled = open_book(principal, rate, months, day), day, D("0.00"), D("0.00")
    for pause, amount, how in taken:
        today += timedelta(days=pause)
        book = with_late_fees(book, today, 5, D("10.00"), D("0.05"))
        owed_before = sum((row.left for row in book.due_rows(today)), D("0.00"))
        paid_amount = book.next_amount(today) or amount if how == "next" else amount
        after = settle(book, paid_amount, today, is_ahead=how == "ahead")
        received += paid_amount
        settled += after.settled
        assert after.settled + after.surplus == paid_amount
        assert min(after.fee, after.interest, after.principal, after.surplus) >= 0
        assert sum(row.principal for row in after.book.rows) == principal
        assert after.book.principal_left == book.principal_left - after.principal
        assert after.book.due(today) == max(D("0.00"), owed_before - paid_amount)
        assert [row.number for row in after.book.rows] == list(range(1, len(after.book.rows) + 1))
        assert all((row.left >= 0 and row.principal > 0) or row.is_ahead for row in after.book.rows)
        book = after.book
    assert sum(row.principal_paid + row.interest_paid + row.fee_paid for row in book.rows) == settled
    rest = book.payoff(today)
    closing = settle(book, rest, today, is_ahead=True)
    assert (closing.book.is_settled, closing.surplus) == (True, D("0.00"))
