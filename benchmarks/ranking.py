"""How good a ranking of four is, and how sure that is."""

from collections.abc import Collection, Sequence
from math import log2

import numpy as np

K = 4
RESAMPLES = 10_000


def recall(ranked: Sequence[str], fitting: Collection[str]) -> float:
    """The share of what fits among the first four, of as many as four places can hold."""
    return len(set(ranked[:K]).intersection(fitting)) / min(K, len(fitting))


def ndcg(ranked: Sequence[str], fitting: Collection[str]) -> float:
    """Discounted gain of the first four over that of the best four (Järvelin and Kekäläinen, 2002)."""
    gained = sum(1 / log2(place + 2) for place, one in enumerate(ranked[:K]) if one in fitting)
    return gained / sum(1 / log2(place + 2) for place in range(min(K, len(fitting))))


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % of the mean, by drawing the requests again with replacement (Efron, 1979)."""
    drawn = np.random.default_rng(4).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(np.array(values)[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def gain(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """How much more ours reach than theirs, as a share of theirs, with 95 % of it; request by request."""
    drawn = np.random.default_rng(4).integers(len(ours), size=(RESAMPLES, len(ours)))
    ratios = np.array(ours)[drawn].mean(axis=1) / np.array(theirs)[drawn].mean(axis=1) - 1
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(np.mean(ours) / np.mean(theirs) - 1), float(low), float(high)
