"""Instalments of an annuity: pure Decimal, 30/360, in whole cents.

A month counts 30 days of a year of 360 whatever the calendar says, so that a month's interest is the
balance times a twelfth of the annual rate. Interest is rounded half up each month; the last instalment
is what is left, and so absorbs all rounding.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from loans.exceptions import Unschedulable

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
MINIMUM_PRINCIPAL = Decimal("4.00")  # below, rounding to cents can eat up the last instalment
MAXIMUM_PRINCIPAL = Decimal("99999999.99")
LONGEST = 24  # months
HIGHEST_RATE = Decimal(1)  # a year, as a fraction


@dataclass(frozen=True, slots=True)
class Instalment:
    """`balance` is the principal that is left once it is paid."""

    number: int
    due_on: date
    principal: Decimal
    interest: Decimal
    balance: Decimal

    @property
    def amount(self) -> Decimal:
        return self.principal + self.interest


@dataclass(frozen=True)
class Schedule:
    instalments: tuple[Instalment, ...]

    @cached_property
    def principal(self) -> Decimal:
        return sum((each.principal for each in self.instalments), NOTHING)

    @cached_property
    def total_interest(self) -> Decimal:
        return sum((each.interest for each in self.instalments), NOTHING)

    @property
    def total(self) -> Decimal:
        return self.principal + self.total_interest


def instalment(principal: Decimal, annual_rate: Decimal, months: int) -> Decimal:
    """The level amount of a month: P·i / (1 − (1 + i)⁻ⁿ), where i is a twelfth of the annual rate.

    `annual_rate` is a fraction: 9.4822 % is 0.094822. Raises Unschedulable.
    """
    _refuse_unschedulable(principal, annual_rate, months)
    if not annual_rate:
        return cents(principal / months)
    monthly = annual_rate / 12
    return cents(principal * monthly / (1 - (1 + monthly) ** -months))


def schedule(principal: Decimal, annual_rate: Decimal, months: int, first_due_on: date) -> Schedule:
    """One instalment a month from `first_due_on`. Raises Unschedulable."""
    level, balance = instalment(principal, annual_rate, months), principal
    instalments = []
    for number in range(1, months + 1):
        interest = cents(balance * annual_rate / 12)
        share = balance if number == months else level - interest
        balance -= share
        due_on = months_after(first_due_on, number - 1)
        instalments.append(Instalment(number, due_on, share, interest, balance))
    if any(each.principal <= 0 for each in instalments):
        raise Unschedulable(principal, annual_rate, months)
    return Schedule(tuple(instalments))


def exact_interest(balance: Decimal, annual_rate: Decimal, days: int) -> Decimal:
    """Of `days` as `days_between` counts them; not rounded yet."""
    return balance * annual_rate * days / 360


def effective_rate(annual_rate: Decimal) -> Decimal:
    """What a year costs when each month's interest bears interest: (1 + i)¹² − 1, to 0.01 %."""
    return ((1 + annual_rate / 12) ** 12 - 1).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def first_day(day: date) -> date:
    """When interest starts to count for a loan of `day`: a month that starts on a 29th, 30th or 31st
    would not be 30 days long, so those start on the first of the next, for nothing.
    """
    return day if day.day <= 28 else months_after(day.replace(day=1), 1)


def days_between(start: date, end: date) -> int:
    """As 30E/360 counts, where a 31st is a 30th; days of parts of a time add up to the days of all."""
    months = 12 * (end.year - start.year) + end.month - start.month
    return 30 * months + min(end.day, 30) - min(start.day, 30)


def months_after(start: date, months: int) -> date:
    """The same day of a later month, or its last where it has no such day."""
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _refuse_unschedulable(principal: Decimal, annual_rate: Decimal, months: int) -> None:
    is_sound = (
        principal.is_finite()
        and MINIMUM_PRINCIPAL <= principal <= MAXIMUM_PRINCIPAL
        and principal == cents(principal)
        and annual_rate.is_finite()
        and 0 <= annual_rate <= HIGHEST_RATE
        and 1 <= months <= LONGEST
    )
    if not is_sound:
        raise Unschedulable(principal, annual_rate, months)
