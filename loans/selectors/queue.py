"""What a loan officer looks at: the applications that wait, and on one page who asks and what is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, OuterRef, Prefetch, QuerySet, Subquery, When
from django.utils import timezone

from loans.models import Application, ApplicationEvent, Decision, Instalment, Loan, Offer
from loans.models.applications import ApplicationStatus
from loans.scoring import score_model
from loans.scoring.exceptions import ScoreModelUnusable
from loans.scoring.model import ShopScore
from loans.selectors.eligibility import current_policy, exposure_of
from loans.terms import NOTHING
from shop.models import AuditEntry, Customer
from shop.selectors.audit import trail_of
from shop.selectors.purchases import Purchase, purchases_of

MOST_OTHERS = 20


@dataclass(frozen=True, slots=True)
class Shopping:
    """The paid orders of a customer, in figures. `undone` were cancelled or refunded."""

    orders: int
    undone: int
    value: Decimal
    first_at: datetime | None
    last_at: datetime | None
    categories: int

    @property
    def average(self) -> Decimal:
        return self.value / self.orders if self.orders else NOTHING


@dataclass(frozen=True, slots=True)
class Limit:
    """By the score and the policy of today."""

    score: ShopScore
    most: Decimal
    owed: Decimal

    @property
    def left(self) -> Decimal:
        return max(NOTHING, self.most - self.owed)


@dataclass(frozen=True, slots=True)
class Borrowed:
    """A loan of the customer, and how it is repaid."""

    loan: Loan
    settled: int  # of its instalments
    late: int  # of them cost a fee, or are past their day
    paid: Decimal

    @property
    def instalments(self) -> int:
        return len(self.loan.instalments.all())


@dataclass(frozen=True, slots=True)
class Picture:
    """What an officer sees of an applicant beside their finances. `limit` is None where none can be told."""

    application: Application
    decisions: Sequence[Decision]
    events: Sequence[ApplicationEvent]
    limit: Limit | None
    shopping: Shopping
    loans: Sequence[Borrowed]
    others: Sequence[Application]
    looks: Sequence[AuditEntry]  # at the finances


def listed_applications() -> "QuerySet[Application]":
    """Each with the band of its last decision."""
    last = Decision.objects.filter(application=OuterRef("pk")).order_by("-pk")
    return Application.objects.select_related("customer").annotate(
        last_band=Subquery(last.values("band")[:1])
    )


def queue_order() -> tuple[Any, ...]:
    """What waits for an officer, longest first; then all others, newest first."""
    waits = When(status=ApplicationStatus.IN_REVIEW, then=0)
    since = When(status=ApplicationStatus.IN_REVIEW, then=F("changed_at"))
    return Case(waits, default=1), Case(since), "-pk"


def picture_of(application: Application) -> Picture:
    customer = application.customer
    purchases = purchases_of(customer)
    decisions = application.decisions.select_related("policy", "officer").prefetch_related(
        Prefetch("offers", Offer.objects.order_by("pk"))
    )
    loans = Loan.objects.filter(customer=customer).prefetch_related(
        Prefetch("instalments", Instalment.objects.order_by("number"))
    )
    looks = trail_of((Application._meta.label_lower,)).filter(target_id=application.pk, field="finances")
    return Picture(
        application=application,
        decisions=list(decisions),
        events=list(application.events.select_related("actor")),
        limit=_limit(customer, purchases),
        shopping=_shopping(purchases),
        loans=[_borrowed(loan) for loan in loans],
        others=list(Application.objects.filter(customer=customer).exclude(pk=application.pk)[:MOST_OTHERS]),
        looks=list(looks.order_by("pk")),
    )


def standing_ruling(application: Application, officer: Customer, reason: str) -> Decision | None:
    """The decision that the application stands at, if it is this officer's for this reason: sent twice."""
    last = application.decisions.select_related("application").prefetch_related("offers").last()
    if last is None or last.status != last.application.status:
        return None
    return last if (last.officer_id, last.written_reason) == (officer.pk, reason) else None


def _limit(customer: Customer, purchases: Sequence[Purchase]) -> Limit | None:
    try:
        score = score_model().score(purchases, timezone.now())
    except ScoreModelUnusable:
        return None
    return Limit(score, current_policy().policy.exposure_limits[score.band], exposure_of(customer))


def _shopping(purchases: Sequence[Purchase]) -> Shopping:
    kept = [each for each in purchases if each.outcome == "kept"]
    return Shopping(
        orders=len(kept),
        undone=len(purchases) - len(kept),
        value=sum((each.value for each in kept), NOTHING),
        first_at=min((each.at for each in kept), default=None),
        last_at=max((each.at for each in kept), default=None),
        categories=len(frozenset().union(*(each.categories for each in kept))),
    )


def _borrowed(loan: Loan) -> Borrowed:
    rows, today = loan.instalments.all(), timezone.localdate()
    return Borrowed(
        loan=loan,
        settled=sum(not row.left for row in rows),
        late=sum(bool(row.fee or (row.left and row.due_on < today)) for row in rows),
        paid=sum((row.paid for row in rows), NOTHING),
    )
