"""Deciding again what was decided, from the sealed input, the policy of then and the two models of then."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from loans.exceptions import LoanError, Purged
from loans.models import Decision, Offer
from loans.models.applications import ApplicationStatus, DecisionKind
from loans.offers import ApprovalModel, Outcome, Request, decide
from loans.offers import Offer as Offered
from loans.scoring.model import ScoreModel
from loans.sealing import unseal
from loans.services.applying import finances_from
from loans.services.deciding import Input, sealed_row, terms_hash
from shop.services.reconciliation import Difference

# Another processor may round the last bit of a logarithm otherwise.
LAST_BITS = 1e-12


class KnownModel(ApprovalModel, Protocol):
    """One that says which it is, and which data it learnt from."""

    @property
    def hash(self) -> str: ...

    @property
    def data_hash(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Models:
    score: ScoreModel
    approval: KnownModel


class DecidedByOfficer(LoanError):
    """A person decided: there is nothing to work out again."""


def replay_decision(decision: Decision, models: Models) -> list[Difference]:
    """What would come out otherwise: nothing. Of models that are not those of then, only that they are not.

    Raises DecidedByOfficer, Purged, or Unsealable.
    """
    if decision.kind == DecisionKind.OFFICER:
        raise DecidedByOfficer
    given = input_of(decision)
    return list(_artefacts(decision, models)) or list(_outcome(decision, given, models))


def input_of(decision: Decision) -> Input:
    """Raises Purged, or Unsealable."""
    if not decision.sealed:
        raise Purged
    return input_from(unseal(sealed_row(decision.application), decision.sealed))


def input_from(page: dict[str, Any]) -> Input:
    """What `page_of` wrote."""
    return Input(
        finances=finances_from(page["finances"]),
        request=Request(Decimal(page["request"]["amount"]), page["request"]["months"]),
        features=page["features"],
        band=page["band"],
        exposure_left=Decimal(page["exposure_left"]),
    )


def status_of(outcome: Outcome) -> ApplicationStatus:
    return ApplicationStatus.OFFERED if outcome.offers else ApplicationStatus.DECLINED


def _artefacts(decision: Decision, models: Models) -> Iterator[Difference]:
    yield from _unequal("score model", decision.score_model_hash, models.score.hash)
    yield from _unequal("approval model", decision.loan_model_hash, models.approval.hash)
    yield from _unequal("data of the approval model", decision.data_hash, models.approval.data_hash)


def _outcome(decision: Decision, given: Input, models: Models) -> Iterator[Difference]:
    score = models.score.score_by(dict(given.features))
    yield from _unequal("score", decision.score, score.value)
    yield from _unequal("band", decision.band, score.band)
    yield from _unequal("reasons of the score", decision.score_reasons, list(score.reasons))
    outcome = decide(
        given.finances, given.request, score.band, given.exposure_left, decision.policy.policy,
        models.approval,
    )  # fmt: skip
    if not math.isclose(decision.likelihood or 0, outcome.likelihood, rel_tol=0, abs_tol=LAST_BITS):
        yield Difference("likelihood", decision.likelihood, outcome.likelihood)
    yield from _unequal("outside the model's support", decision.is_out_of_support, outcome.out_of_support)
    yield from _unequal("outcome", decision.status, str(status_of(outcome)))
    yield from _unequal("counter-offer", decision.is_counter, outcome.is_counter)
    yield from _unequal("reasons", decision.reasons, [str(reason) for reason in outcome.reasons])
    kept = list(decision.offers.select_related("application", "decision"))
    yield from _unequal(
        "offers", [_kept(offer) for offer in kept], [_made(offer) for offer in outcome.offers]
    )
    for offer in kept:
        yield from _unequal(f"hash of offer {offer.number}", offer.terms_hash, terms_hash(offer))


def _kept(offer: Offer) -> tuple[object, ...]:
    ratio = offer.debt_ratio
    return (
        offer.kind, offer.principal, offer.months, offer.annual_rate.normalize(), offer.instalment,
        offer.total_interest, ratio,
    )  # fmt: skip


def _made(offer: Offered) -> tuple[object, ...]:
    return (
        str(offer.kind), offer.principal, offer.months, offer.annual_rate.normalize(), offer.instalment,
        offer.total_interest, float(offer.debt_ratio),
    )  # fmt: skip


def _unequal(what: str, kept: object, found: object) -> Iterator[Difference]:
    if kept != found:
        yield Difference(what, kept, found)
