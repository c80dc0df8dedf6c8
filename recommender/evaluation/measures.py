"""What a ranking of all products is worth to the users whose next product is known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from recommender.behaviour import Floats, Integers, Interactions
from recommender.evaluation.interactions import Split

USERS_AT_ONCE = 1_000
RESAMPLES = 2_000

Scorer = Callable[[Integers], Floats]  # of some users, (users, items): the scores of all items


@dataclass(frozen=True, slots=True)
class Measured:
    """By user, in the order of the split: whether the item was among the first k, and its discounted gain."""

    hits: Floats
    gains: Floats
    coverage: float  # the share of all items that somebody was shown

    @property
    def hit_rate(self) -> float:
        return float(self.hits.mean())

    @property
    def ndcg(self) -> float:
        return float(self.gains.mean())


def measure(scorer: Scorer, split: Split, k: int) -> Measured:
    """Ranks all items that the user does not have yet; equal scores by the items' numbers."""
    places, shown = [], np.zeros(split.known.item_count, dtype=bool)
    had = had_items(split.known)
    for users, targets in batches(split):
        scores = np.array(scorer(users), dtype=np.float32)
        scores[had[users].nonzero()] = -np.inf
        places.append(places_of(scores, targets))
        shown[first(scores, k)] = True
    found = np.concatenate(places)
    hits = (found < k).astype(np.float32)
    return Measured(hits, hits / np.log2(found + 2.0).astype(np.float32), float(shown.mean()))


def had_items(known: Interactions) -> Any:
    """(users, items), sparse and boolean."""
    ones = np.ones(len(known.users), dtype=bool)
    return csr_matrix((ones, (known.users, known.items)), shape=(known.user_count, known.item_count))


def batches(split: Split) -> Iterator[tuple[Integers, Integers]]:
    for start in range(0, len(split.users), USERS_AT_ONCE):
        part = slice(start, start + USERS_AT_ONCE)
        yield split.users[part], split.targets[part]


def places_of(scores: Floats, targets: Integers) -> Integers:
    """(users,) how many items stand before each target."""
    own = np.take_along_axis(scores, targets[:, None], axis=1)
    is_earlier = np.arange(scores.shape[1])[None, :] < targets[:, None]
    before: Integers = ((scores > own) | ((scores == own) & is_earlier)).sum(axis=1)
    return before


def first(scores: Floats, k: int) -> Integers:
    """The numbers of all items among somebody's first k; equal scores by the items' numbers.

    Where fewer are left that a user does not have, which stand at minus infinity, it is these.
    """
    k = min(k, scores.shape[1])
    last = -np.partition(-scores, k - 1, axis=1)[:, k - 1 : k]
    is_shown, is_last = scores > last, scores == last
    left = k - is_shown.sum(axis=1, keepdims=True)
    is_shown |= is_last & (np.cumsum(is_last, axis=1, dtype=np.int32) <= left)
    return np.flatnonzero((is_shown & (scores > -np.inf)).any(axis=0))


def interval(values: Floats) -> tuple[float, float]:
    """95 % of the mean, by drawing the users again with replacement (Efron, 1979)."""
    means = np.array([values[drawn].mean() for drawn in draws(len(values))])
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def interval_of_users(values: Floats, users: Integers) -> tuple[float, float]:
    """95 % of the mean where a user has several values: users are drawn, each with all of theirs."""
    _, places = np.unique(users, return_inverse=True)
    sums, counts = np.bincount(places, weights=values), np.bincount(places)
    means = np.array([sums[drawn].sum() / counts[drawn].sum() for drawn in draws(len(sums))])
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def gain(ours: Floats, theirs: Floats) -> tuple[float, float, float] | None:
    """How much more ours reach than theirs, as a share of theirs, with 95 % of it; user by user.

    None where theirs reach so few that some of the draws hold none of them.
    """
    means = np.array([(ours[drawn].mean(), theirs[drawn].mean()) for drawn in draws(len(ours))])
    if not means[:, 1].all():
        return None
    ratios = means[:, 0] / means[:, 1] - 1.0
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(ours.mean() / theirs.mean() - 1.0), float(low), float(high)


def draws(size: int) -> Iterator[npt.NDArray[np.int64]]:
    generator = np.random.default_rng(4)
    for _ in range(RESAMPLES):
        yield generator.integers(size, size=size)
