"""How much a label tells, and how well a product fits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import log, sqrt
from typing import Protocol

COMMON = 0.5  # what the label that most products carry still weighs

# For four alike; chosen by reading what came out: docs/decisions/0005-recommender.md.
WEIGHT_OF_TAGS = 0.35  # beside a cosine, for four alike
WEIGHT_OF_SHELF = 0.3  # of standing on the same one; less for the same aisle or department
TELLING = 0.3  # rarity from which a tag is worth naming as the reason
# For a request; chosen on the open part of benchmarks/requests.jsonl: docs/benchmarks/ask.md.
WEIGHT_OF_MEANING = 1.2  # beside the words, whose weight is one
WEIGHT_OF_SAID = 0.7  # in the meaning: of a product's nearest sentence, and of those of its shelf
WEIGHT_OF_FEEDBACK = 1.0  # in the meaning: of the products that have most of the words
WEIGHT_OF_GOODS = 0.2  # of being of the kind that is named
WEIGHT_OF_WANTED = 0.2
WEIGHT_OF_UNWANTED = 0.6
DOUBT = 1.0  # reviews added to those that a share is taken of: one of one is less sure than nine of ten


def rarity(product_count: int, most: int) -> float:
    """The weight of a label that `product_count` products carry, `most` carrying the commonest one.

    Inverse product frequency (Spärck Jones, 1972, with products for documents), from COMMON upwards.
    """
    return COMMON + log(max(most, 1) / max(product_count, 1)) if product_count < most else COMMON


class ProductTag(Protocol):
    """A product's tag, as it is stored."""

    @property
    def medoid_id(self) -> str: ...
    @property
    def members(self) -> list[str]: ...
    @property
    def polarity(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def share(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Rarities:
    """How telling each label is: 0 to 1, the rarest possible being 1."""

    product_counts: Mapping[str, int]
    most: int

    def of(self, label: str) -> float:
        return rarity(self.product_counts.get(label, 1), self.most) / rarity(1, max(self.most, 2))


@dataclass(frozen=True, slots=True)
class Shared:
    """A tag that both sides hold, and how much that says: 0 to 1."""

    tag: ProductTag
    weight: float
    rarity: float


def shared_tags(
    ours: Iterable[ProductTag], theirs: Collection[ProductTag], rarities: Rarities
) -> list[Shared]:
    """The tags of `theirs` that say what one of `ours` says, the most telling first; criticism aside."""
    found = []
    liked = [tag for tag in ours if tag.polarity >= 0]
    for other in theirs:
        same = [tag for tag in liked if tag.polarity == other.polarity and says_the_same(tag, other)]
        if same:
            common = max(sqrt(certainty(tag) * certainty(other)) for tag in same)
            telling = rarities.of(other.medoid_id)
            found.append(Shared(other, common * telling, telling))
    return sorted(found, key=lambda shared: (-shared.weight, shared.tag.medoid_id))


def wanted_tags(wanted: Collection[str], theirs: Iterable[ProductTag], rarities: Rarities) -> list[Shared]:
    """The tags of `theirs` that hold a wanted label, the most telling first."""
    found = []
    for tag in theirs:
        if held := set(wanted).intersection(tag.members):
            telling = max(rarities.of(label) for label in held)
            found.append(Shared(tag, certainty(tag) * telling, telling))
    return sorted(found, key=lambda shared: (-shared.weight, shared.tag.medoid_id))


def says_the_same(one: ProductTag, other: ProductTag) -> bool:
    """Whether each holds the other's name: a label in common deep in two heaps is nothing to show."""
    return one.medoid_id in other.members and other.medoid_id in one.members


def certainty(tag: ProductTag) -> float:
    """The tag's share, doubted where few reviews say so."""
    return tag.share * tag.count / (tag.count + DOUBT)


def likeness(similarity: float, nearness: float, shared: Iterable[Shared]) -> float:
    """How like another a product is: by meaning, place in the shop (0 to 1), and what reviews say of both."""
    said = WEIGHT_OF_TAGS * sum(found.weight for found in shared)
    return similarity + WEIGHT_OF_SHELF * nearness + said


def nearness(path: Sequence[int], other: Sequence[int]) -> float:
    """The share of the way down the category tree that two products have in common."""
    steps = takewhile(lambda pair: pair[0] == pair[1], zip(path, other, strict=False))
    return sum(1 for _ in steps) / max(len(path), len(other), 1)


def meant(similarity: float, said: float, said_on_the_shelf: float) -> float:
    """How near in meaning a product is: as a whole, in one sentence, and by what is said around it."""
    return similarity + WEIGHT_OF_SAID * (said + said_on_the_shelf)


def fitness(
    meaning: float, words: float, belonging: float, wanted: Iterable[Shared], unwanted: Iterable[Shared]
) -> float:
    """How well a product answers a request: by meaning, words, kind (both 0 to 1), and what reviews say.

    A product, so that praise does not make of a chilli oil a coffee.
    """
    about = words + WEIGHT_OF_MEANING * max(meaning, 0.0)
    said = WEIGHT_OF_WANTED * sum(sqrt(found.weight) for found in wanted)
    against = WEIGHT_OF_UNWANTED * sum(sqrt(found.weight) for found in unwanted)
    return about * (1.0 + WEIGHT_OF_GOODS * belonging) * (1.0 + said - against)
