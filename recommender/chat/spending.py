"""What may be spent in a month, on all machines together.

A call reserves the most that it can cost, in one guarded UPDATE, and settles for what it did cost. A process
that is killed in between leaves its reservation standing: too much is counted rather than too little.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, F
from django.utils import timezone

from recommender.chat.exceptions import BudgetSpent
from recommender.models import ChatCall, ChatMonth, ChatOutcome


@dataclass(frozen=True, slots=True)
class Reservation:
    month: date
    cost: Decimal


def reserve(cost: Decimal) -> Reservation:
    """Raises BudgetSpent, where this could be more than is left of the month's budget."""
    month = this_month()
    budget = settings.OPENAI_MONTHLY_BUDGET
    ChatMonth.objects.bulk_create([ChatMonth(month=month)], ignore_conflicts=True)
    within = ChatMonth.objects.filter(pk=month, spent__lte=budget - cost)
    if not within.update(spent=F("spent") + cost):
        raise BudgetSpent(ChatMonth.objects.get(pk=month).spent, budget)
    return Reservation(month, cost)


def left_this_month() -> Decimal:
    """Of the budget; what calls under way have reserved counts as spent."""
    month = ChatMonth.objects.filter(pk=this_month()).first()
    return Decimal(settings.OPENAI_MONTHLY_BUDGET - (month.spent if month else 0))


@dataclass(frozen=True, slots=True)
class MonthOfCalls:
    """What this month cost, other questions than shoppers' included, and how the calls for shoppers ended."""

    month: date
    spent: Decimal
    budget: Decimal
    outcomes: tuple[tuple[ChatOutcome, int], ...]


def month_of_calls() -> MonthOfCalls:
    month = this_month()
    calls = ChatCall.objects.filter(called_at__gte=datetime.combine(month, time.min, tzinfo=UTC)).order_by()
    counted = dict(calls.values_list("outcome").annotate(n=Count("pk")))
    budget = Decimal(settings.OPENAI_MONTHLY_BUDGET)
    return MonthOfCalls(
        month, budget - left_this_month(), budget,
        tuple((outcome, counted.get(outcome, 0)) for outcome in ChatOutcome),
    )  # fmt: skip


def settle(reservation: Reservation, cost: Decimal) -> None:
    """Count what it did cost, in the month in which it was reserved."""
    difference = cost - reservation.cost
    ChatMonth.objects.filter(pk=reservation.month).update(spent=F("spent") + difference)


@contextmanager
def reserved(cost: Decimal) -> Iterator[Reservation]:
    """A reservation that is given back where what is done inside fails without being charged."""
    reservation = reserve(cost)
    try:
        yield reservation
    except Exception as error:
        if not getattr(error, "is_charged", True):
            settle(reservation, Decimal(0))
        raise


def this_month() -> date:
    return timezone.now().date().replace(day=1)
