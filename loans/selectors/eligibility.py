"""Whether a customer may apply, and how much of their limit is left."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.db.models import Sum
from django.utils import timezone

from loans.models import Application, Loan, PolicyVersion
from loans.models.loans import OWED, LoanStatus
from loans.scoring import score_model
from loans.scoring.model import ShopScore
from shop.models import Customer
from shop.selectors.purchases import purchases_of

Obstacle = Literal["locked", "open-application", "overdue", "written-off", "no-limit"]
NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Eligibility:
    """`obstacle` is what stands in the way of an application, if anything does."""

    score: ShopScore
    policy: PolicyVersion
    limit: Decimal
    owed: Decimal
    obstacle: Obstacle | None
    open_application: Application | None

    @property
    def left(self) -> Decimal:
        return max(NOTHING, self.limit - self.owed)


def current_policy() -> PolicyVersion:
    """The newest."""
    return PolicyVersion.objects.latest("pk")


def score_of(customer: Customer) -> ShopScore:
    """As of now. Raises ScoreModelUnusable."""
    return score_model().score(purchases_of(customer), timezone.now())


def exposure_of(customer: Customer) -> Decimal:
    """The principal that the customer owes."""
    owed = Loan.objects.filter(customer=customer, status__in=OWED).aggregate(sum=Sum("principal_left"))["sum"]
    return owed or NOTHING


def eligibility_of(customer: Customer) -> Eligibility:
    """Raises ScoreModelUnusable."""
    score, policy = score_of(customer), current_policy()
    limit, owed = policy.policy.exposure_limits[score.band], exposure_of(customer)
    application = Application.objects.filter(open_for=customer).first()
    left = limit - owed
    obstacle: Obstacle | None = (
        "locked" if customer.is_locked
        else "open-application" if application
        else obstacle_of_loans(customer)
        or ("no-limit" if left < policy.policy.least_principal else None)
    )  # fmt: skip
    return Eligibility(score, policy, limit, owed, obstacle, application)


def obstacle_of_loans(customer: Customer) -> Obstacle | None:
    held = set(Loan.objects.filter(customer=customer).values_list("status", flat=True))
    if LoanStatus.OVERDUE in held:
        return "overdue"
    return "written-off" if LoanStatus.WRITTEN_OFF in held else None
