"""Writing the desk's policy, and what it would have made of the applications that were decided before."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from django.db import transaction
from django.db.models import QuerySet

from loans.approval import approval_model
from loans.exceptions import LoanError, Purged, Unsealable
from loans.models import Decision, PolicyVersion
from loans.models.applications import DecisionKind
from loans.offers import decide
from loans.policy import Policy
from loans.selectors.eligibility import current_policy
from loans.services.deciding import Input
from loans.services.locks import lock_policy
from loans.services.replay import KnownModel, input_of
from loans.terms import NOTHING
from shop.models import Customer
from shop.services.audit import Change, record_changes

MOST = 500  # decisions, the newest first
PATIENCE = 8.0  # seconds: an officer waits for the page

Answer = Literal["as-asked", "counter", "declined"]
Terms = tuple[Decimal, int, Decimal]  # principal, months, instalment


class PolicyOutdated(LoanError):
    """Another version was written since this one was begun."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What an applicant is told. `largest` is the largest amount that they can have."""

    answer: Answer
    offers: frozenset[Terms]

    @classmethod
    def of(cls, offers: Iterable[Terms], *, is_counter: bool) -> "Answered":
        made = frozenset(offers)
        return cls("declined" if not made else "counter" if is_counter else "as-asked", made)

    @property
    def largest(self) -> Decimal:
        return max((principal for principal, _, _ in self.offers), default=NOTHING)


@dataclass(slots=True)
class Shift:
    """Applications that were answered `before` and would be answered `after`."""

    before: Answer
    after: Answer
    number: int = 0
    largest_before: Decimal = NOTHING  # the largest offers, in all
    largest_after: Decimal = NOTHING


@dataclass(slots=True)
class WhatIf:
    """`otherwise` of `looked_at` would get another answer or other offers; `left_out` were not looked at.

    `by_other_models` were decided with models that the desk no longer uses: of these the models may be
    what makes the difference.
    """

    looked_at: int = 0
    otherwise: int = 0
    by_other_models: int = 0
    unreadable: int = 0
    left_out: int = 0
    shifts: dict[tuple[Answer, Answer], Shift] = field(default_factory=dict)

    @property
    def rows(self) -> list[Shift]:
        return sorted(self.shifts.values(), key=lambda shift: (shift.before, shift.after))


@transaction.atomic
def write_policy(*, policy: Policy, note: str, author: Customer, basis_id: int) -> PolicyVersion:
    """The version in force from now on. Sent twice it is one version. Raises PolicyOutdated.

    Whoever writes holds the lock of the version that they began with: nobody else writes upon it.
    """
    lock_policy(basis_id)
    newest = current_policy()
    if newest.pk == basis_id:
        return _written(policy, note, author, newest)
    if (newest.page, newest.note, newest.created_by_id) == (policy.as_json(), note, author.pk):
        return newest
    raise PolicyOutdated


def _written(policy: Policy, note: str, author: Customer, newest: PolicyVersion) -> PolicyVersion:
    """With an entry in the audit trail for each number that it changes."""
    version = PolicyVersion.objects.create(page=policy.as_json(), note=note, created_by=author)
    old, new = _numbers(newest.page), _numbers(version.page)
    record_changes(
        [Change(version, name, old.get(name), number) for name, number in new.items()], actor_id=author.pk
    )
    return version


def _numbers(page: dict[str, Any]) -> dict[str, str]:
    """`{"late_fee": "10.00", "annual_rates.a": "0.0600", …}`"""
    flat: dict[str, str] = {}
    for key, value in page.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{band}": str(number) for band, number in value.items()}
        else:
            flat[key] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return flat


def decided_anew(policy: Policy) -> WhatIf:
    """The newest applications that the rules decided and whose input is kept, under another policy.

    As many as there is time for. Raises LoanModelUnusable.
    """
    model, found, give_up_at = approval_model(), WhatIf(), time.monotonic() + PATIENCE
    past = Decision.objects.filter(kind=DecisionKind.AUTOMATIC).exclude(sealed="")
    whole = past.count()
    limits = _limits(past)
    rows = past.select_related("application").prefetch_related("offers").order_by("-pk")
    for decision in rows[:MOST]:
        if time.monotonic() > give_up_at:
            break
        _look_at(found, decision, limits[decision.policy_id], policy, model)
    found.left_out = whole - found.looked_at - found.unreadable
    return found


def _limits(decisions: "QuerySet[Decision]") -> dict[int, dict[str, Decimal]]:
    """By the policies that these were decided by."""
    versions = PolicyVersion.objects.filter(pk__in=decisions.order_by().values("policy"))
    return {version.pk: dict(version.policy.exposure_limits) for version in versions}


def _look_at(
    found: WhatIf, decision: Decision, limits: dict[str, Decimal], policy: Policy, model: KnownModel
) -> None:
    try:
        given = input_of(decision)
    except (Purged, Unsealable):
        found.unreadable += 1
        return
    before = Answered.of(
        ((each.principal, each.months, each.instalment) for each in decision.offers.all()),
        is_counter=decision.is_counter,
    )
    after = _answered(given, limits, policy, model)
    found.looked_at += 1
    found.otherwise += before != after
    found.by_other_models += decision.loan_model_hash != model.hash
    key = (before.answer, after.answer)
    shift = found.shifts.setdefault(key, Shift(*key))
    shift.number += 1
    shift.largest_before += before.largest
    shift.largest_after += after.largest


def _answered(given: Input, limits: dict[str, Decimal], policy: Policy, model: KnownModel) -> Answered:
    """What was owed then is what the limit of then did not leave."""
    owed = limits[given.band] - given.exposure_left
    left = policy.exposure_limits[given.band] - owed
    outcome = decide(given.finances, given.request, given.band, left, policy, model)
    offers = ((each.principal, each.months, each.instalment) for each in outcome.offers)
    return Answered.of(offers, is_counter=outcome.is_counter)
