"""Deciding an application by score, likelihood and the written policy, so that it can be decided again.

What a decision was made of is sealed beside it: see `Input`. Nothing is worked out inside a transaction.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from loans.approval import approval_model
from loans.approval.exceptions import LoanModelUnusable
from loans.exceptions import ApplicationMoved, LoanError, Unsealable
from loans.models import Application, Decision, Offer, PolicyVersion
from loans.models.applications import ApplicationStatus, DecisionKind, OfferKind
from loans.offers import Finances, Outcome, Request, decide
from loans.offers import Offer as Offered
from loans.scoring.exceptions import ScoreModelUnusable
from loans.scoring.model import ShopScore
from loans.sealing import seal
from loans.selectors.eligibility import current_policy, exposure_of, score_of
from loans.services.applying import finances_of
from loans.services.locks import lock_application
from loans.services.moves import move_application
from loans.services.news import tell_borrower, tell_loan_desk
from shop.services.numbers import new_number

logger = logging.getLogger(__name__)

LEFT_BEHIND = timedelta(minutes=1)  # a submitted application that nobody has decided by then


@dataclass(frozen=True, slots=True)
class Input:
    """All that a decision depends on beside the policy and the two models."""

    finances: Finances
    request: Request
    features: Mapping[str, float]  # of the score
    band: str
    exposure_left: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """Of an offer. `debt_ratio` is None where there is no income."""

    principal: Decimal
    months: int
    annual_rate: Decimal
    instalment: Decimal
    total_interest: Decimal
    debt_ratio: float | None


def decide_application(*, application: Application) -> Application:
    """Offers, a decline, or a place in the officers' queue where the rules cannot tell.

    Raises ApplicationMoved unless it is submitted, and then nothing has changed.
    """
    finances, request = finances_of(application), request_of(application)
    version = current_policy()
    try:
        score, model = score_of(application.customer), approval_model()
    except (ScoreModelUnusable, LoanModelUnusable):
        logger.exception("Application %s goes to a loan officer.", application.number)
        return _refer(application)
    left = version.policy.exposure_limits[score.band] - exposure_of(application.customer)
    given = Input(finances, request, score.features, score.band, left)
    outcome = decide(finances, request, score.band, left, version.policy, model)
    return _store(application, version, score, given, outcome, (model.hash, model.data_hash))


def decide_left_behind() -> int:
    """Applications whose decision was cut short. Returns how many."""
    waiting = Application.objects.filter(
        status=ApplicationStatus.SUBMITTED, submitted_at__lte=timezone.now() - LEFT_BEHIND
    )
    return sum(_decide_quietly(application) for application in waiting.select_related("customer"))


def request_of(application: Application) -> Request:
    assert application.amount is not None  # noqa: S101 (what is submitted has both)
    assert application.months is not None  # noqa: S101
    return Request(application.amount, application.months)


def sealed_row(application: Application) -> str:
    return f"decisions:{application.number}"


def terms_hash(offer: Offer) -> str:
    """Over all that the customer is shown of an offer."""
    page = {
        "application": offer.application.number,
        "offer": offer.number,
        "policy": offer.decision.policy_id,
        "principal": str(offer.principal),
        "months": offer.months,
        "annual_rate": str(offer.annual_rate.normalize()),
        "instalment": str(offer.instalment),
        "total_interest": str(offer.total_interest),
        "expires_at": int(offer.expires_at.timestamp()),
    }
    return hashlib.sha256(json.dumps(page, sort_keys=True).encode()).hexdigest()


def make_offers(decision: Decision, terms: Iterable[tuple[OfferKind, Terms]]) -> None:
    """In the transaction of the decision."""
    expires_at = timezone.now() + timedelta(days=decision.policy.policy.offer_days)
    for kind, each in terms:
        offer = Offer(
            number=new_number(), application=decision.application, decision=decision, kind=kind,
            principal=each.principal, months=each.months, annual_rate=each.annual_rate,
            instalment=each.instalment, total_interest=each.total_interest,
            debt_ratio=each.debt_ratio,
            expires_at=expires_at.replace(microsecond=0),
        )  # fmt: skip
        offer.terms_hash = terms_hash(offer)
        offer.save()


def _decide_quietly(application: Application) -> bool:
    try:
        decide_application(application=application)
    except ApplicationMoved:
        return False
    except (LoanError, Unsealable):
        logger.exception("Application %s cannot be decided.", application.number)
        return False
    return True


@transaction.atomic
def _store(  # noqa: PLR0913, PLR0917 (what a decision was made of)
    application: Application,
    version: PolicyVersion,
    score: ShopScore,
    given: Input,
    outcome: Outcome,
    model_hashes: tuple[str, str],
) -> Application:
    status = ApplicationStatus.OFFERED if outcome.offers else ApplicationStatus.DECLINED
    locked = lock_application(application.pk)
    if locked.status != ApplicationStatus.SUBMITTED:
        raise ApplicationMoved(locked)
    move_application(locked, status, None)
    decision = Decision.objects.create(
        application=locked, kind=DecisionKind.AUTOMATIC, status=status, is_counter=outcome.is_counter,
        policy=version, score=score.value, band=score.band, score_reasons=list(score.reasons),
        likelihood=outcome.likelihood, is_out_of_support=outcome.out_of_support,
        reasons=[str(reason) for reason in outcome.reasons],
        score_model_hash=score.model_hash, loan_model_hash=model_hashes[0], data_hash=model_hashes[1],
        sealed=seal(sealed_row(locked), page_of(given)),
    )  # fmt: skip
    make_offers(decision, [(OfferKind(offer.kind), _terms(offer)) for offer in outcome.offers])
    tell_borrower(locked.customer, locked.number, "decided", application=locked)
    return locked


def _terms(offer: Offered) -> Terms:
    return Terms(
        offer.principal, offer.months, offer.annual_rate, offer.instalment, offer.total_interest,
        float(offer.debt_ratio),
    )  # fmt: skip


@transaction.atomic
def _refer(application: Application) -> Application:
    locked = lock_application(application.pk)
    if locked.status != ApplicationStatus.SUBMITTED:
        raise ApplicationMoved(locked)
    move_application(locked, ApplicationStatus.IN_REVIEW, None)
    tell_loan_desk(f"Loan application {locked.number}: the rules cannot tell", "It stands in the queue.")
    return locked


def page_of(given: Input) -> dict[str, Any]:
    """What `input_from` reads."""
    return {
        "finances": {name: _plain(value) for name, value in asdict(given.finances).items()},
        "request": {"amount": str(given.request.amount), "months": given.request.months},
        "features": dict(given.features),
        "band": given.band,
        "exposure_left": str(given.exposure_left),
    }


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value
