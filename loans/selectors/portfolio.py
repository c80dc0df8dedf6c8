"""What the loans come to: what is owed, what of it is late, what was lent, is lost and is repaid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from loans.models import Instalment, LedgerLine, Loan
from loans.models.ledger import Account
from loans.models.loans import OWED, REPAYABLE, LoanStatus
from loans.policy import POLICY_BANDS
from loans.terms import NOTHING, cents, months_after

MONTHS = 12
# Days since the oldest instalment that is not paid was due; the last has no end.
AGES: Mapping[str, tuple[int, int | None]] = {
    "1-30": (1, 30), "31-60": (31, 60), "61-90": (61, 90), "over-90": (91, None),
}  # fmt: skip
LATE = "late"  # of whatever age
UNPAID = (
    Q(principal_paid__lt=F("principal")) | Q(interest_paid__lt=F("interest")) | Q(fee_paid__lt=F("fee"))
)  # fmt: skip
LENT = tuple(status for status in LoanStatus if status != LoanStatus.RESCINDED)
PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Part:
    """Loans of one kind: `key` names it, `lookups` narrow the list of loans to them."""

    key: str
    number: int
    principal: Decimal
    lookups: dict[str, str]


@dataclass(frozen=True, slots=True)
class Band(Part):
    """What is owed by a band, and of it the loans with something past due."""

    late: int
    late_principal: Decimal


@dataclass(frozen=True, slots=True)
class Month(Part):
    """What was lent in a month, loans that were withdrawn from left out."""

    first: date


@dataclass(frozen=True, slots=True)
class Repaid:
    """Of what has come due so far, principal and interest; what was paid ahead is in neither."""

    due: Decimal
    paid: Decimal
    lookups: dict[str, str]

    @property
    def rate(self) -> Decimal | None:
        return (self.paid / self.due).quantize(PLACES, ROUND_HALF_UP) if self.due else None


@dataclass(frozen=True, slots=True)
class Portfolio:
    outstanding: Part
    ages: Sequence[Part]
    bands: Sequence[Band]
    months: Sequence[Month]
    losses: Part  # `principal` is all that was lost, fees included
    repaid: Repaid

    @property
    def late(self) -> Part:
        principal = sum((age.principal for age in self.ages), NOTHING)
        return Part(LATE, sum(age.number for age in self.ages), principal, {"age": LATE})


def portfolio() -> Portfolio:
    """As of today, in as many queries as it has parts."""
    today = timezone.localdate()
    return Portfolio(
        outstanding=_outstanding(), ages=_ages(today), bands=_bands(today), months=_months(today),
        losses=_losses(), repaid=_repaid(today),
    )  # fmt: skip


def with_late_since(loans: "QuerySet[Loan]", today: date) -> "QuerySet[Loan]":
    """`late_since` is the day of the oldest instalment that is past due and not paid in full."""
    unpaid = Instalment.objects.filter(UNPAID, loan=OuterRef("pk"), due_on__lt=today).order_by("due_on")
    return loans.annotate(late_since=Subquery(unpaid.values("due_on")[:1]))


def loans_of_age(loans: "QuerySet[Loan]", age: str) -> "QuerySet[Loan]":
    """Those past due for so long that can still be repaid."""
    today = timezone.localdate()
    return with_late_since(loans.filter(status__in=REPAYABLE), today).filter(_since(age, today))


def _since(age: str, today: date) -> Q:
    least, most = AGES.get(age, (1, None))
    since = Q(late_since__lte=today - timedelta(days=least))
    return since & Q(late_since__gte=today - timedelta(days=most)) if most else since


def _outstanding() -> Part:
    found = Loan.objects.filter(status__in=OWED).aggregate(n=Count("pk"), sum=Sum("principal_left"))
    return Part("outstanding", found["n"], found["sum"] or NOTHING, {"status__in": ",".join(OWED)})


def _ages(today: date) -> list[Part]:
    late = with_late_since(Loan.objects.filter(status__in=REPAYABLE), today).order_by()
    since = [_since(age, today) for age in AGES]
    found = late.aggregate(
        **{f"n_{place}": Count("pk", filter=within) for place, within in enumerate(since)},
        **{f"sum_{place}": Sum("principal_left", filter=within) for place, within in enumerate(since)},
    )
    return [
        Part(age, found[f"n_{place}"], found[f"sum_{place}"] or NOTHING, {"age": age})
        for place, age in enumerate(AGES)
    ]


def _bands(today: date) -> list[Band]:
    """Of every band that something is owed by, best first."""
    is_late = Q(late_since__isnull=False)
    rows = (
        with_late_since(Loan.objects.filter(status__in=OWED), today)
        .order_by()
        .values("band")
        .annotate(
            n=Count("pk"), sum=Sum("principal_left"), late_n=Count("pk", filter=is_late),
            late_sum=Sum("principal_left", filter=is_late),
        )
    )  # fmt: skip
    by_band = {row["band"]: row for row in rows}
    return [_band(band, by_band[band]) for band in POLICY_BANDS if band in by_band]


def _band(band: str, row: Mapping[str, Any]) -> Band:
    lookups = {"band": band, "status__in": ",".join(OWED)}
    return Band(band, row["n"], row["sum"], lookups, row["late_n"], row["late_sum"] or NOTHING)


def _months(today: date) -> list[Month]:
    """The last twelve, oldest first."""
    firsts = [months_after(today.replace(day=1), ahead) for ahead in range(1 - MONTHS, 2)]
    spans = list(pairwise(firsts))
    wanted = [Q(accepted_at__gte=_midnight(a), accepted_at__lt=_midnight(b)) for a, b in spans]
    loans = Loan.objects.filter(status__in=LENT, accepted_at__gte=_midnight(firsts[0])).order_by()
    found = loans.aggregate(
        **{f"n_{place}": Count("pk", filter=span) for place, span in enumerate(wanted)},
        **{f"sum_{place}": Sum("principal", filter=span) for place, span in enumerate(wanted)},
    )
    return [
        Month(
            key=f"{first:%Y-%m}", number=found[f"n_{place}"], principal=found[f"sum_{place}"] or NOTHING,
            lookups={
                "accepted_at__gte": _midnight(first).isoformat(),
                "accepted_at__lt": _midnight(after).isoformat(), "status__in": ",".join(LENT),
            },
            first=first,
        )
        for place, (first, after) in enumerate(spans)
    ]  # fmt: skip


def _losses() -> Part:
    """By the ledger."""
    lost = LedgerLine.objects.filter(account=Account.LOSSES).aggregate(sum=Sum("amount"))["sum"]
    written_off = LoanStatus.WRITTEN_OFF.value
    number = Loan.objects.filter(status=written_off).count()
    return Part("losses", number, lost or NOTHING, {"status": written_off})


def _repaid(today: date) -> Repaid:
    lookups = {"due_on__lte": today.isoformat(), "is_ahead": "0"}
    found = Instalment.objects.filter(due_on__lte=today, is_ahead=False).aggregate(
        due=Sum(F("principal") + F("interest")), paid=Sum(F("principal_paid") + F("interest_paid"))
    )
    return Repaid(cents(found["due"] or NOTHING), cents(found["paid"] or NOTHING), lookups)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
