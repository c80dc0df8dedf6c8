"""A loan officer decides what stands in the queue, with a written reason."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from loans.approval import approval_model
from loans.approval.exceptions import LoanModelUnusable
from loans.exceptions import ApplicationMoved, OverExposure, ReasonMissing
from loans.models import Application, Decision, PolicyVersion
from loans.models.applications import ApplicationStatus, DecisionKind, OfferKind
from loans.offers import ANY_DAY, Finances, Likelihood
from loans.scoring.model import ShopScore
from loans.selectors.eligibility import current_policy, exposure_of, score_of
from loans.services.applying import finances_of
from loans.services.deciding import Terms, make_offers
from loans.services.locks import lock_application
from loans.services.moves import move_application
from loans.services.news import tell_borrower
from loans.terms import NOTHING, cents, instalment, schedule
from shop.models import Customer


@dataclass(frozen=True, slots=True)
class Ruling:
    """An officer's offer. It may pass over likelihood and affordability, never the limit."""

    principal: Decimal
    months: int
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the officer's decision is stored with, worked out before its transaction."""

    score: ShopScore
    version: PolicyVersion
    likelihood: Likelihood | None = None


def approve_application(*, application: Application, officer: Customer, ruling: Ruling) -> Decision:
    """Raises ApplicationMoved, ReasonMissing, OverExposure, Unschedulable, Purged, ScoreModelUnusable."""
    score, version = score_of(application.customer), current_policy()
    rate, finances = version.policy.annual_rates[score.band], finances_of(application)
    likelihood = _likelihood(finances, ruling, rate)
    terms = _terms(finances, ruling, rate)
    return _approve(application, officer, ruling, terms, Standing(score, version, likelihood))


def decline_application(*, application: Application, officer: Customer, reason: str) -> Decision:
    """Raises ApplicationMoved, ReasonMissing, ScoreModelUnusable."""
    return _decline(application, officer, reason, Standing(score_of(application.customer), current_policy()))


@transaction.atomic
def _approve(
    application: Application, officer: Customer, ruling: Ruling, terms: Terms, standing: Standing
) -> Decision:
    locked = _in_review(application, ruling.reason)
    left = standing.version.policy.exposure_limits[standing.score.band] - exposure_of(locked.customer)
    if ruling.principal > left:
        raise OverExposure(ruling.principal, max(NOTHING, left))
    move_application(locked, ApplicationStatus.OFFERED, officer)
    decision = _decision(locked, officer, ruling.reason, standing)
    make_offers(decision, [(OfferKind.OFFICER, terms)])
    return decision


@transaction.atomic
def _decline(application: Application, officer: Customer, reason: str, standing: Standing) -> Decision:
    locked = _in_review(application, reason)
    move_application(locked, ApplicationStatus.DECLINED, officer)
    return _decision(locked, officer, reason, standing)


def _in_review(application: Application, reason: str) -> Application:
    if not reason.strip():
        raise ReasonMissing
    locked = lock_application(application.pk)
    if locked.status != ApplicationStatus.IN_REVIEW:
        raise ApplicationMoved(locked)
    return locked


def _likelihood(finances: Finances, ruling: Ruling, rate: Decimal) -> Likelihood | None:
    """None where the model cannot be used: the officer decides all the same."""
    try:
        return approval_model().likelihood(finances, ruling.principal, rate, ruling.months)
    except LoanModelUnusable:
        return None


def _terms(finances: Finances, ruling: Ruling, rate: Decimal) -> Terms:
    level = instalment(ruling.principal, rate, ruling.months)
    drawn = schedule(ruling.principal, rate, ruling.months, ANY_DAY)
    owed = level + finances.obligations
    return Terms(
        principal=cents(ruling.principal), months=ruling.months, annual_rate=rate, instalment=level,
        total_interest=drawn.total_interest,
        debt_ratio=float(owed / finances.total_income) if finances.total_income else None,
    )  # fmt: skip


def _decision(application: Application, officer: Customer, reason: str, standing: Standing) -> Decision:
    score, likelihood = standing.score, standing.likelihood
    decision = Decision.objects.create(
        application=application, kind=DecisionKind.OFFICER, status=application.status,
        policy=standing.version, score=score.value, band=score.band, score_reasons=list(score.reasons),
        score_model_hash=score.model_hash, likelihood=likelihood.value if likelihood else None,
        is_out_of_support=bool(likelihood and likelihood.out_of_support), officer=officer,
        written_reason=reason.strip(),
    )  # fmt: skip
    tell_borrower(application.customer, application.number, "decided", application=application)
    return decision
