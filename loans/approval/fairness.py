"""Whether groups that the model knows nothing of are chosen alike: the ratio of the shares that pass.

A ratio of .80 is the four-fifths rule of the United States' Uniform Guidelines (29 CFR 1607.4 D).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from loans.approval.applications import UNKNOWN

FEWEST_IN_GROUP = 20
RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    applications: int
    approved: float  # the share that the bank approved
    selected: float  # the share at or above the least likelihood


@dataclass(frozen=True, slots=True)
class Selection:
    """`ratio` is of the group that passes least to the one that passes most, with the ends of its 95 %."""

    attribute: str
    groups: tuple[Group, ...]
    ratio: float
    low: float
    high: float


def selections(
    groups_of: Mapping[str, Any], approved: Any, chances: Any, least_likelihood: float
) -> Iterator[Selection]:
    """Of each attribute; all are (N,). Groups that are too small, or not known, are left out."""
    selected = chances >= least_likelihood
    for attribute, texts in groups_of.items():
        names, counts = np.unique(texts, return_counts=True)
        groups = [
            Group(
                str(name),
                int(count),
                float(approved[texts == name].mean()),
                float(selected[texts == name].mean()),
            )
            for name, count in zip(names, counts, strict=True)
            if name != UNKNOWN and count >= FEWEST_IN_GROUP
        ]
        if len(groups) >= 2:
            least = min(groups, key=lambda group: group.selected)
            most = max(groups, key=lambda group: group.selected)
            ends = _interval(selected[texts == least.name], selected[texts == most.name])
            yield Selection(attribute, tuple(groups), least.selected / most.selected, *ends)


def _interval(least: Any, most: Any) -> tuple[float, float]:
    """Applicants drawn anew within either group."""
    generator = np.random.default_rng(5)
    shares = [
        generator.binomial(len(each), each.mean(), RESAMPLES) / len(each) for each in (least, most)
    ]  # the bootstrap of a share is a binomial
    ratios = shares[0] / np.maximum(shares[1], 1 / len(most))
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(low), float(high)
