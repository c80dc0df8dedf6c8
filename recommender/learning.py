"""Learning from behaviour, when enough is new: read, fitted outside any transaction, stored whole.

A kill before the file stands leaves the last version in place, and the interactions in the database: the
next run does the same again. What brought the last one down may bring that one down, too. So a fit is noted
beside the versions until it has ended well, and after each that did not the worker waits longer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils import timezone

from recommender import neighbours, weights
from recommender.behaviour import Settings
from recommender.embedding import one_thread
from recommender.interactions import Lesson, forget_what_is_gone, ingest_touches, known, lesson
from recommender.models import Interaction
from recommender.turns import LEARNING, turn
from recommender.weights import Fitted, Weights

ENOUGH, ENOUGH_SHARE = 50, 0.05  # new interactions after which it is worth learning again
LONG = timedelta(days=1)  # after which anything new is
REST, LONGEST_REST = timedelta(minutes=10), timedelta(days=1)  # after a fit that did not end, and after many
ATTEMPTS = (
    "attempts"  # the file that says how many were begun since one ended well, the last when it was written
)
RIDGES = {"dense": 300.0, "sparse": 100.0}  # chosen on validation: docs/benchmarks/recommender.md


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a run did. `fitted` is None where nothing was due, or another process is at it."""

    read: int = 0
    forgotten: int = 0
    fitted: Fitted | None = None
    is_elsewhere: bool = False
    is_empty: bool = False  # nobody has touched anything, and no version has to forget it


@dataclass(frozen=True, slots=True)
class InVain:
    """Fits that were begun and have not ended well: killed, or out of memory."""

    count: int
    last_at: datetime

    @property
    def rests_until(self) -> datetime:
        """Twice as long after each."""
        return self.last_at + min(REST * (1 << min(self.count - 1, 10)), LONGEST_REST)


def attempts_in_vain(directory: Path) -> InVain | None:
    """One that is under way is among them."""
    note = directory / ATTEMPTS
    try:
        return InVain(int(note.read_text()), datetime.fromtimestamp(note.stat().st_mtime, UTC))
    except (OSError, ValueError):
        return None


@contextmanager
def attempted(directory: Path) -> Iterator[None]:
    before = attempts_in_vain(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / ATTEMPTS).write_text(str(before.count + 1 if before else 1))
    yield
    (directory / ATTEMPTS).unlink(missing_ok=True)


def learn(*, at_once: bool = False) -> Learnt:
    """Read what shoppers touched, and fit a new version where that is due, or `at_once`."""
    with turn(LEARNING) as is_ours:
        if not is_ours:
            return Learnt(is_elsewhere=True)
        read = ingest_touches()
        last = weights.latest_fitted(settings.BEHAVIOUR_DIR)
        if not (at_once or is_due(last, timezone.now())):
            return Learnt(read)
        with attempted(settings.BEHAVIOUR_DIR):
            forgotten = forget_what_is_gone()
            learnt = lesson()
            if not (learnt.known.count or last.version):
                return Learnt(read, forgotten, is_empty=True)
            fitted = fit(learnt, timezone.now())
            weights.store(settings.BEHAVIOUR_DIR, fitted)
        return Learnt(read, forgotten, fitted.fitted)


def is_worth_it() -> bool:
    """Read what shoppers touched, and say whether a new version is due."""
    with turn(LEARNING) as is_ours:
        if not is_ours:
            return False
        ingest_touches()
        if (vain := attempts_in_vain(settings.BEHAVIOUR_DIR)) and timezone.now() < vain.rests_until:
            return False
        return is_due(weights.latest_fitted(settings.BEHAVIOUR_DIR), timezone.now())


def is_due(last: Fitted, now: datetime) -> bool:
    """Enough is new, or something is and the last version is a day old, or there is no readable version."""
    if not last.version:
        return Interaction.objects.exists()
    new = Interaction.objects.filter(pk__gt=last.up_to).count()
    if new >= max(ENOUGH, ENOUGH_SHARE * last.interactions):
        return True
    return now - last.fitted_at >= LONG and (new > 0 or known().count < last.interactions)


def fit(learnt: Lesson, now: datetime) -> Weights:
    """In the way that suits the size of the catalogue that was touched."""
    events = learnt.events
    way = "dense" if events.item_count <= neighbours.MOST_DENSE else "sparse"
    with one_thread().limit(limits=1):
        rows = neighbours.fitted(events, Settings(ridge=RIDGES[way]))
    support = np.bincount(events.items, weights=events.strengths, minlength=events.item_count)
    return Weights(
        fitted=Fitted(weights.new_version(now), now, learnt.known.count, learnt.known.up_to, way),
        product_ids=learnt.product_ids,
        support=support.astype(np.float32),
        starts=rows.indptr.astype(np.int64),
        columns=rows.indices.astype(np.int32),
        values=rows.data.astype(np.float32),
    )
