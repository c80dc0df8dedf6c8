"""What a shopper likes, in a few heaps: KMeans over the tag vectors of what they touched. Pure functions.

Letters: P products touched, D dimensions, K interests.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, sqrt

import numpy as np
import numpy.typing as npt

from recommender.behaviour import USUAL, Settings
from recommender.scoring import TELLING, ProductTag, certainty
from shop.selectors.touched import Touch, TouchKind

Floats = npt.NDArray[np.float32]

MOST_INTERESTS = 3
STRANGE = 0.6  # squared distance (a cosine of .7) from which a product begins an interest of its own
ROUNDS = 10
WEIGHT_OF_TAGS = 0.35  # beside a cosine, as for four alike
LESSER = 0.4  # how much less than the main interest one counts that is hardly there
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class HeldTag:
    """A product's tag, with how telling its label is, and the root of how sure it is that it holds.

    `mass` is what it says for itself where another says the same.
    """

    medoid_id: str
    members: list[str]
    polarity: int
    count: int
    share: float
    rarity: float
    root: float = field(init=False)
    mass: float = field(init=False)
    key: tuple[str, int] = field(init=False)  # by which an interest knows it

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", sqrt(certainty(self)))
        object.__setattr__(self, "mass", self.root * self.rarity)
        object.__setattr__(self, "key", (self.medoid_id, self.polarity))


# By a label and its polarity, the names of the tags that hold it, each with the root of its certainty.
Liked = Mapping[tuple[str, int], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Interest:
    """`weight` is beside that of the main one, which has 1."""

    product_ids: tuple[int, ...]
    weight: float
    liked: Liked


@dataclass(frozen=True, slots=True)
class Common:
    """A tag of a product that an interest shares, and how much that says: 0 to 1."""

    tag: HeldTag
    weight: float


def weights_of(
    touches: Sequence[Touch],
    strengths: Mapping[TouchKind, float],
    now: float,
    settings: Settings = USUAL,
) -> dict[int, float]:
    """By product, how much it says of the shopper now: what is old, or behind much else, fades.

    As `behaviour.contexts`, where a weak touch moves what came before it back by as little as it says itself.
    `touches` are the newest first; a product counts by what says most of it.
    """
    found: dict[int, float] = {}
    place = 0.0
    for touch in touches:
        strength = strengths[touch.kind]
        days = max(now - touch.at.timestamp(), 0.0) / DAY
        fading = exp(-days / settings.days) + settings.lasting
        weight = strength * settings.position_decay**place * fading
        place += strength if touch.product_id not in found else 0.0
        found[touch.product_id] = max(weight, found.get(touch.product_id, 0.0))
    return found


def interests_of(
    weights: Mapping[int, float],
    tags: Mapping[int, Sequence[HeldTag]],
    told: Mapping[int, Floats | None],
) -> list[Interest]:
    """The main one first. A product without tags joins the main one; `told` are their tag vectors."""
    ids = sorted(weights)
    if not ids:
        return []
    tagged = [product_id for product_id in ids if told.get(product_id) is not None]
    heaps: list[list[int]] = []
    if tagged:
        rows = np.stack([told[product_id] for product_id in tagged])  # type: ignore[misc]  # (P, D)
        heavy = np.array([weights[product_id] for product_id in tagged], np.float32)
        places = heaped(rows, heavy)
        heaps = [
            [product_id for product_id, place in zip(tagged, places, strict=True) if place == number]
            for number in sorted(set(places.tolist()))
        ]
        heaps.sort(key=lambda heap: (-sum(weights[product_id] for product_id in heap), heap))
    heaps = heaps or [[]]
    heaps[0] += [product_id for product_id in ids if told.get(product_id) is None]
    sums = [sum(weights[product_id] for product_id in heap) for heap in heaps]
    return [
        Interest(tuple(heap), total / sums[0], liked(heap, tags))
        for heap, total in zip(heaps, sums, strict=True)
    ]


def tag_vector(tags: Iterable[HeldTag], vectors: Mapping[str, Floats]) -> Floats | None:
    """(D,) of length one: what a product's tags mean together; None where it has none."""
    parts = [vectors[tag.medoid_id] * np.float32(tag.share * tag.rarity) for tag in tags
             if tag.polarity >= 0 and tag.medoid_id in vectors]  # fmt: skip
    if not parts:
        return None
    total: Floats = np.sum(parts, axis=0)
    length = float(np.linalg.norm(total))
    return total / np.float32(length) if length else None


def heaped(rows: Floats, weights: Floats) -> npt.NDArray[np.int64]:
    """(P,) heap numbers: weighted KMeans (Lloyd, 1982) over rows of length one.

    It begins at the heaviest row and goes on to the one that adds most to the inertia, while there is one
    that is strange to all so far: that gives K.
    """
    chosen = [int(weights.argmax())]
    distance = 2.0 - 2.0 * rows @ rows[chosen[0]]
    while len(chosen) < MOST_INTERESTS and float(distance.max()) > STRANGE:
        chosen.append(int((weights * np.where(distance > STRANGE, distance, 0.0)).argmax()))
        distance = np.minimum(distance, 2.0 - 2.0 * rows @ rows[chosen[-1]])
    centres = rows[chosen]  # (K, D)
    places = np.full(len(rows), -1)
    for _ in range(ROUNDS):
        nearest = (np.square(centres).sum(axis=1) - 2.0 * rows @ centres.T).argmin(axis=1)  # (P,)
        if np.array_equal(nearest, places):
            break
        places = nearest
        held = np.equal.outer(np.arange(len(centres)), places) * weights  # (K, P)
        sums = held.sum(axis=1, keepdims=True)
        centres = np.where(sums > 0, held @ rows / np.maximum(sums, 1e-9), centres)
    return places


def liked(product_ids: Iterable[int], tags: Mapping[int, Sequence[HeldTag]]) -> Liked:
    """What reviews say of these products, criticism aside."""
    found: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for product_id in product_ids:
        for tag in tags.get(product_id, ()):
            if tag.polarity >= 0:
                for member in tag.members:
                    names = found[member, tag.polarity]
                    names[tag.medoid_id] = max(tag.root, names.get(tag.medoid_id, 0.0))
    return dict(found)


def in_common(interest: Interest, theirs: Iterable[HeldTag]) -> list[Common]:
    """Tags that say what one of the interest's says, the weightiest first."""
    found = [
        Common(tag, weight)
        for tag in theirs
        if (names := interest.liked.get(tag.key)) and (weight := shared_weight(names, tag))
    ]
    return sorted(found, key=lambda one: (-one.weight, one.tag.medoid_id))


def shared_weight(names: Mapping[str, float], tag: HeldTag) -> float:
    """How much it says that a tag called by one of `names`, with its root, holds this one's; 0 if no such."""
    most = 0.0
    for member in tag.members:  # a loop of comparisons: this is asked some hundred times a page
        if (root := names.get(member, 0.0)) > most:
            most = root
    return most * tag.mass


class Kinships:
    """How well products fit each of some interests: by meaning, and by what reviews say of both.

    `counts` say how much each interest counts, the main one having 1.
    """

    def __init__(self, interests: Sequence[Interest]) -> None:
        self.interests = interests
        self.counts = [1.0 - LESSER * (1.0 - interest.weight) for interest in interests]
        self._liked: dict[tuple[str, int], list[tuple[int, Mapping[str, float]]]] = defaultdict(list)
        for number, interest in enumerate(interests):
            for key, names in interest.liked.items():
                self._liked[key].append((number, names))

    def of(self, similarities: Iterable[float], theirs: Iterable[HeldTag]) -> tuple[list[float], set[int]]:
        """By the interests' numbers, as `similarities`, which are the product's cosines to them.

        And the numbers of those with which it shares a tag worth naming.
        """
        said, telling = [0.0] * len(self.counts), set()
        for tag in theirs:
            for number, names in self._liked.get(tag.key, ()):
                if weight := shared_weight(names, tag):
                    said[number] += weight
                    if tag.rarity >= TELLING:
                        telling.add(number)
        fits = [
            max(cosine, 0.0) + WEIGHT_OF_TAGS * of_tags
            for cosine, of_tags in zip(similarities, said, strict=True)
        ]
        return fits, telling


def most_telling(common: Sequence[Common]) -> ProductTag | None:
    """The tag to name as the reason: the weightiest that not everything has, or else the weightiest."""
    telling = [one for one in common if one.tag.rarity >= TELLING]
    return (telling or list(common))[0].tag if common else None
