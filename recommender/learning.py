"""Learning from behaviour, when enough is new: read, fitted outside any transaction, stored whole.

A kill before the file stands leaves the last version in place, and the interactions in the database: the
next run does the same again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

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
RIDGES = {"dense": 300.0, "sparse": 100.0}  # chosen on validation: docs/benchmarks/recommender.md


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a run did. `fitted` is None where nothing was due, or another process is at it."""

    read: int = 0
    forgotten: int = 0
    fitted: Fitted | None = None
    is_elsewhere: bool = False


def learn(*, at_once: bool = False) -> Learnt:
    """Read what shoppers touched, and fit a new version where that is due, or `at_once`."""
    with turn(LEARNING) as is_ours:
        if not is_ours:
            return Learnt(is_elsewhere=True)
        read = ingest_touches()
        if not (at_once or is_due(weights.latest_fitted(settings.BEHAVIOUR_DIR), timezone.now())):
            return Learnt(read)
        forgotten = forget_what_is_gone()
        fitted = fit(lesson(), timezone.now())
        weights.store(settings.BEHAVIOUR_DIR, fitted)
        return Learnt(read, forgotten, fitted.fitted)


def is_worth_it() -> bool:
    """Read what shoppers touched, and say whether a new version is due."""
    with turn(LEARNING) as is_ours:
        if not is_ours:
            return False
        ingest_touches()
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
