"""Schedules to the cent."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loans.exceptions import Unschedulable
from loans.terms import (
    LONGEST,
    MINIMUM_PRINCIPAL,
    cents,
    days_between,
    effective_rate,
    exact_interest,
    first_day,
    instalment,
    months_after,
    schedule,
)

FIRST = date(2026, 1, 31)
AMOUNTS = st.decimals(MINIMUM_PRINCIPAL, 1_000_000, places=2)
RATES = st.decimals(0, 1, places=6)
MONTHS = st.integers(1, LONGEST)


def test_a_hundred_at_9_4822_percent_over_six_months() -> None:
    drawn = schedule(Decimal(100), Decimal("0.094822"), 6, FIRST)
    assert [str(each.amount) for each in drawn.instalments] == ["17.13"] * 6
    assert [str(each.interest) for each in drawn.instalments] == [
        "0.79",
        "0.66",
        "0.53",
        "0.40",
        "0.27",
        "0.13",
    ]
    assert [str(each.balance) for each in drawn.instalments] == [
        "83.66", "67.19", "50.59", "33.86", "17.00", "0.00",
    ]  # fmt: skip
    assert (str(drawn.total_interest), str(drawn.total)) == ("2.78", "102.78")


def test_the_last_instalment_absorbs_the_rounding() -> None:
    drawn = schedule(Decimal(1000), Decimal("0.12"), 12, FIRST)
    assert [str(each.amount) for each in drawn.instalments] == ["88.85"] * 11 + ["88.84"]


def test_without_interest_the_principal_is_divided() -> None:
    drawn = schedule(Decimal(100), Decimal(0), 3, FIRST)
    assert [str(each.amount) for each in drawn.instalments] == ["33.33", "33.33", "33.34"]
    assert drawn.total_interest == 0


def test_the_31st_is_the_last_day_of_a_shorter_month() -> None:
    drawn = schedule(Decimal(100), Decimal("0.1"), 4, FIRST)
    assert [each.due_on for each in drawn.instalments] == [
        FIRST, date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30),
    ]  # fmt: skip


def test_a_year_turns_and_a_leap_day_is_met() -> None:
    assert months_after(date(2027, 11, 30), 3) == date(2028, 2, 29)
    assert months_after(date(2027, 12, 1), 12) == date(2028, 12, 1)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 1, 15), date(2026, 2, 15), 30),
        (date(2026, 1, 28), date(2026, 2, 28), 30),
        (date(2026, 2, 28), date(2026, 3, 1), 3),
        (date(2026, 1, 30), date(2026, 1, 31), 0),
        (date(2026, 1, 1), date(2027, 1, 1), 360),
        (date(2026, 1, 10), date(2026, 1, 25), 15),
        (date(2026, 1, 10), date(2026, 1, 10), 0),
    ],
)
def test_days_are_counted_30_360(start: date, end: date, days: int) -> None:
    assert days_between(start, end) == days


def test_thirty_days_bear_the_interest_of_an_instalment() -> None:
    assert cents(exact_interest(Decimal(100), Decimal("0.094822"), 30)) == Decimal("0.79")
    assert exact_interest(Decimal(100), Decimal("0.094822"), 0) == 0


@given(start=st.dates(date(2020, 1, 1), date(2040, 1, 1)), months=st.integers(0, 24))
def test_from_a_first_day_on_each_month_has_thirty_days(start: date, months: int) -> None:
    first = first_day(start)
    assert days_between(months_after(first, months), months_after(first, months + 1)) == 30
    assert start <= first <= start + timedelta(days=3)


def test_interest_on_interest_makes_the_effective_rate() -> None:
    assert effective_rate(Decimal("0.12")) == Decimal("0.1268")
    assert effective_rate(Decimal(0)) == 0


@pytest.mark.parametrize(
    ("principal", "rate", "months"),
    [
        ("3.99", "0.1", 6), ("0", "0.1", 6), ("-100", "0.1", 6), ("NaN", "0.1", 6), ("Infinity", "0.1", 6),
        ("100.005", "0.1", 6), ("100000000", "0.1", 6), ("100", "-0.01", 6), ("100", "1.01", 6),
        ("100", "NaN", 6), ("100", "0.1", 0), ("100", "0.1", 25),
    ],
)  # fmt: skip
def test_senseless_terms_are_refused(principal: str, rate: str, months: int) -> None:
    with pytest.raises(Unschedulable):
        schedule(Decimal(principal), Decimal(rate), months, FIRST)


@settings(max_examples=200, deadline=None)
@given(principal=AMOUNTS, rate=RATES, months=MONTHS)
def test_every_schedule_adds_up(principal: Decimal, rate: Decimal, months: int) -> None:
    drawn = schedule(principal, rate, months, FIRST)
    level = instalment(principal, rate, months)
    assert sum(each.principal for each in drawn.instalments) == principal
    assert sum(each.amount for each in drawn.instalments) == principal + drawn.total_interest == drawn.total
    assert drawn.instalments[-1].balance == 0
    assert [each.amount for each in drawn.instalments[:-1]] == [level] * (months - 1)
    assert min(each.principal for each in drawn.instalments) > 0
    assert all(each.amount.as_tuple().exponent == -2 for each in drawn.instalments)
