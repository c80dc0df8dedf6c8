"""A product's labels grouped into tags: pure functions, the same result for any order of their input.

Labels of one polarity are grouped by meaning: near-identical ones while there are few, KMeans weighted by
support when there are more than a page can show. A tag is the medoid of its group.

Letters: L labels, K groups.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from recommender.embedding import Floats, one_thread

MOST_TAGS = 8
SAME_MEANING = 0.85  # cosine from which two labels say the same
KINDRED = 0.5  # cosine to the medoid below which a label says something else than its group
RESTARTS = 10
FEWER = 2  # groups than there is room for, where that fits clearly better
WARM_ADVANTAGE = 1.005  # a cold start replaces the last version's groups only for a clearly better fit
K_ADVANTAGE = 0.02  # of silhouette, for another number of groups than last time
NAME_ADVANTAGE = 0.8  # of the holder's cost: a rival below it takes over a group's name
FEW_REVIEWS = 50  # up to here a single new review is worth a tag of its own
LEAST_SHARE = 0.02  # of more reviews than that, which must say so for a tag to be shown
STAYS = (
    0.75  # of that share, with which a tag that was shown before stays; and its lead over one that was not
)


@dataclass(frozen=True, slots=True)
class LabelSupport:
    """A label of the product with the reviews that carry it."""

    text: str
    polarity: int
    vector: Floats  # (dimensions,), of length one
    rarity: float
    review_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Tag:
    """A group of labels under the name of its medoid. `cluster_id` is None for one that is new."""

    cluster_id: int | None
    medoid: str
    members: tuple[str, ...]
    polarity: int
    review_ids: tuple[int, ...]
    share: float


@dataclass(frozen=True, slots=True)
class PreviousTag:
    """What the last version called a group, for names and groups to stay while the opinion does."""

    cluster_id: int
    medoid: str
    members: tuple[str, ...]
    polarity: int


Group = tuple[LabelSupport, ...]


def tags_of(labels: Iterable[LabelSupport], reviews: int, previous: Sequence[PreviousTag] = ()) -> list[Tag]:
    """At most MOST_TAGS tags, the most telling first. `reviews` is how many the product has labelled."""
    ordered = sorted(labels, key=lambda label: (label.polarity, label.text))
    previous = sorted(previous, key=lambda tag: tag.cluster_id)
    groups = grouped(ordered, previous)
    if reviews <= FEW_REVIEWS:
        groups = with_the_latest(groups, ordered)
    tags = named(groups, previous)
    rarities = {label.text: label.rarity for label in ordered}
    if reviews > FEW_REVIEWS:
        tags = [tag for tag in tags if len(tag.review_ids) >= least_support(tag, reviews)]
    tags.sort(key=lambda tag: (-len(tag.review_ids) * rarities[tag.medoid], -tag.review_ids[-1], tag.medoid))
    return [replace(tag, share=len(tag.review_ids) / reviews) for tag in tags]


def least_support(tag: Tag, reviews: int) -> float:
    return LEAST_SHARE * reviews * (1.0 if tag.cluster_id is None else STAYS)


def grouped(labels: Sequence[LabelSupport], previous: Sequence[PreviousTag]) -> list[Group]:
    by_polarity = [list(group) for _, group in groupby(labels, key=lambda label: label.polarity)]
    alike = [near_identical(group) for group in by_polarity]
    if sum(map(len, alike)) <= MOST_TAGS:
        return [group for groups in alike for group in groups]
    room = allotted([len(groups) for groups in alike])
    groups = [
        group
        for labels_of_one, most in zip(by_polarity, room, strict=True)
        for group in clustered(labels_of_one, most, previous)
    ]
    shown = {tag.medoid for tag in previous}
    return sorted(groups, key=lambda group: staying(group, shown))[:MOST_TAGS]


def near_identical(labels: Sequence[LabelSupport]) -> list[Group]:
    """Each label, the best supported first, joins the first group whose leader says the same."""
    groups: list[list[LabelSupport]] = []
    for label in sorted(labels, key=lambda label: (-len(label.review_ids), label.text)):
        for group in groups:
            if float(group[0].vector @ label.vector) >= SAME_MEANING:
                group.append(label)
                break
        else:
            groups.append([label])
    return [tuple(group) for group in groups]


def allotted(sizes: Sequence[int]) -> list[int]:
    """MOST_TAGS places shared out in proportion to `sizes`, one at least for each (D'Hondt)."""
    places = [1] * len(sizes)
    while sum(places) < min(MOST_TAGS, sum(sizes)):
        neediest = max(
            (index for index, size in enumerate(sizes) if places[index] < size),
            key=lambda index: sizes[index] / (places[index] + 1),
        )
        places[neediest] += 1
    return places


def clustered(labels: Sequence[LabelSupport], most: int, previous: Sequence[PreviousTag]) -> list[Group]:
    """KMeans over labels of one polarity, weighted by support; strangers stand by themselves."""
    if most == 1 or len(labels) <= most:
        groups = [tuple(labels)] if most == 1 else [(label,) for label in labels]
        return [part for group in groups for part in kindred(group)]
    vectors = np.stack([label.vector for label in labels])
    weights = np.array([len(label.review_ids) for label in labels], dtype=np.float64)
    with one_thread().limit(limits=1):
        places = best_partition(vectors, weights, most, former_centroids(labels, previous))
    return [
        part
        for number in sorted(set(places.tolist()))
        for part in kindred(
            tuple(label for label, place in zip(labels, places, strict=True) if place == number)
        )
    ]


def kindred(group: Group) -> list[Group]:
    """The labels near the group's medoid; those far from it say something else, and stand by themselves."""
    parts: list[Group] = []
    while group:
        centre = medoids(group)[0][1]
        near = tuple(label for label in group if float(label.vector @ centre.vector) >= KINDRED)
        parts.append(near)
        group = tuple(label for label in group if label not in near)
    return parts


def best_partition(
    vectors: Floats, weights: NDArray[np.float64], most: int, former: Floats
) -> NDArray[np.int32]:
    """(L,) group numbers. K has the best silhouette, or the last version's K where that is nearly as good."""
    distances = np.clip(1.0 - vectors @ vectors.T, 0.0, None)
    np.fill_diagonal(distances, 0.0)
    fits = {
        k: fitted(vectors, weights, spread_out(vectors, weights, k))
        for k in range(min(max(2, most - FEWER), len(vectors) - 1), min(most, len(vectors) - 1) + 1)
    }
    if not fits:
        return np.zeros(len(vectors), dtype=np.int32)
    silhouettes = {
        k: silhouette_score(distances, fit.labels_, metric="precomputed") for k, fit in fits.items()
    }
    k = max(silhouettes, key=lambda k: (silhouettes[k], -k))
    if silhouettes.get(len(former), -1.0) >= silhouettes[k] - K_ADVANTAGE:
        k = len(former)
    return settled(vectors, weights, fits[k], former)


def settled(vectors: Floats, weights: NDArray[np.float64], fit: KMeans, former: Floats) -> NDArray[np.int32]:
    """The tightest of several starts, or that from the last version's centroids if it is nearly as tight."""
    k = len(fit.cluster_centers_)
    restarts = KMeans(k, n_init=RESTARTS, random_state=0).fit(vectors, sample_weight=weights)
    best = min((fit, restarts), key=lambda candidate: float(candidate.inertia_))
    if len(former) == k:
        warm = fitted(vectors, weights, former)
        if warm.inertia_ <= best.inertia_ * WARM_ADVANTAGE:
            best = warm
    places: NDArray[np.int32] = best.labels_
    return places


def fitted(vectors: Floats, weights: NDArray[np.float64], start: Floats) -> KMeans:
    return KMeans(len(start), init=start, n_init=1).fit(vectors, sample_weight=weights)


def spread_out(vectors: Floats, weights: NDArray[np.float64], k: int) -> Floats:
    """(K, dimensions): the heaviest label, then again and again the one that adds most to the inertia."""
    chosen = [int(weights.argmax())]
    nearest = np.square(vectors - vectors[chosen[0]]).sum(axis=1)
    while len(chosen) < k:
        chosen.append(int((weights * nearest).argmax()))
        nearest = np.minimum(nearest, np.square(vectors - vectors[chosen[-1]]).sum(axis=1))
    start: Floats = vectors[chosen]
    return start


def former_centroids(labels: Sequence[LabelSupport], previous: Sequence[PreviousTag]) -> Floats:
    """(K, dimensions) where the last version's groups of these labels now have their centres."""
    vectors = {label.text: label.vector * np.float32(len(label.review_ids)) for label in labels}
    weights = {label.text: len(label.review_ids) for label in labels}
    centres = []
    for tag in previous:
        members = [text for text in tag.members if text in vectors]
        if members and tag.polarity == labels[0].polarity:
            centres.append(sum(vectors[text] for text in members) / sum(weights[text] for text in members))
    return np.array(centres, dtype=np.float32).reshape(-1, labels[0].vector.size)


def with_the_latest(groups: Sequence[Group], labels: Sequence[LabelSupport]) -> list[Group]:
    """`groups` with the newest review's rarest label in them: its writer looks for it.

    Where KMeans left it out or under another name, it makes a group of its own, in the place of the
    weakest one when there is no other.
    """
    newest = max((max(label.review_ids) for label in labels), default=None)
    fresh = [label for label in labels if newest in label.review_ids]
    if not fresh:
        return list(groups)
    label = max(fresh, key=lambda label: (label.rarity, label.text))
    if any(
        label in group and float(medoids(group)[0][1].vector @ label.vector) >= SAME_MEANING
        for group in groups
    ):
        return list(groups)
    others = [tuple(other for other in group if other != label) for group in groups]
    others = sorted((group for group in others if group), key=strength)
    return [*others[: MOST_TAGS - 1], (label,)]


def strength(group: Group) -> tuple[float, str]:
    """A key that sorts the group with the most telling support first."""
    centre = medoids(group)[0][1]
    return -len(reviews_of(group)) * centre.rarity, centre.text


def staying(group: Group, shown: Container[str]) -> tuple[float, str]:
    """As `strength`, where what was a tag before holds its place against what is hardly stronger."""
    telling, name = strength(group)
    return (telling / STAYS if any(label.text in shown for label in group) else telling), name


def named(groups: Sequence[Group], previous: Sequence[PreviousTag]) -> list[Tag]:
    """Tags that keep the row, and while nothing clearly better is there the name, of the last version."""
    kept = matched(groups, previous)
    return [tag_of(group, kept.get(place)) for place, group in enumerate(groups)]


def matched(groups: Sequence[Group], previous: Sequence[PreviousTag]) -> dict[int, PreviousTag]:
    """By place in `groups`, what it was before.

    The assignment that keeps the most support together (Kuhn, 1955).
    """
    if not groups or not previous:
        return {}
    kept = np.array([[support_in_common(group, tag) for tag in previous] for group in groups])
    rows, columns = linear_sum_assignment(kept, maximize=True)
    return {
        int(row): previous[column] for row, column in zip(rows, columns, strict=True) if kept[row, column] > 0
    }


def support_in_common(group: Group, tag: PreviousTag) -> float:
    if group[0].polarity != tag.polarity:
        return 0.0
    common = sum(len(label.review_ids) for label in group if label.text in tag.members)
    named_so = sum(label.text == tag.medoid for label in group)
    return common + 0.5 * named_so if common else 0.0


def tag_of(group: Group, before: PreviousTag | None) -> Tag:
    costs = medoids(group)
    (least, medoid), holder = costs[0], None
    if before:
        holder = next(((cost, label) for cost, label in costs if label.text == before.medoid), None)
    if holder and least >= holder[0] * NAME_ADVANTAGE:
        medoid = holder[1]
    return Tag(
        cluster_id=before.cluster_id if before else None,
        medoid=medoid.text,
        members=tuple(sorted(label.text for label in group)),
        polarity=medoid.polarity,
        review_ids=reviews_of(group),
        share=0.0,
    )


def medoids(group: Group) -> list[tuple[float, LabelSupport]]:
    """Every label with its weighted distance to the others, the least first."""
    vectors = np.stack([label.vector for label in group])
    weights = np.array([len(label.review_ids) for label in group], dtype=np.float64)
    costs = np.clip(1.0 - vectors @ vectors.T, 0.0, None).round(6) @ weights
    ranked = zip(costs.tolist(), group, strict=True)
    return sorted(ranked, key=lambda pair: (pair[0], -len(pair[1].review_ids), pair[1].text))


def reviews_of(group: Group) -> tuple[int, ...]:
    return tuple(sorted(frozenset().union(*(label.review_ids for label in group))))
