"""Four products, each with its reason: alike to one, or asked for in a sentence. They never write."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import fmean

import numpy as np
from django.db import connections
from django.db.models import BooleanField, ExpressionWrapper, F, Max, Q
from pgvector import HalfVector
from pgvector.django import CosineDistance

from recommender.chinese import is_chinese
from recommender.embedders import embedder_in_use
from recommender.embedding import Embedder, Floats, unit
from recommender.goods import Kind, belonging, kinds_named, terms_called
from recommender.intent import Intent, Inventory, Told, as_told, understood
from recommender.models import DIMENSIONS, Label, Placement, PlacementKind, ProductEntry, TagCluster
from recommender.passages import told_by
from recommender.scoring import (
    TELLING,
    WEIGHT_OF_FEEDBACK,
    Rarities,
    Shared,
    fitness,
    likeness,
    meant,
    nearness,
    shared_tags,
    wanted_tags,
)
from recommender.search import Filters, Match, Shelf, nearest
from recommender.text_search import BUT_REVIEWS, AskedTerm, any_of, asked_for_terms, worded
from recommender.variety import same_of, varied

FOUR = 4
SPARE = 12  # recommended, so that four are left when the shop has sold or withdrawn some since
CANDIDATES = 60
FEEDBACK = 12  # products with the most words, which tell what a request means


NEAREST_LABELS = """
    SELECT nearest.text, nearest.distance
    FROM unnest(%s::text[]) WITH ORDINALITY AS asked (vector, place)
    CROSS JOIN LATERAL (
        SELECT text, embedding <=> asked.vector::halfvec AS distance FROM recommender_label
        WHERE product_count > 0 ORDER BY distance, text LIMIT 1
    ) AS nearest
    ORDER BY asked.place
"""


class ReasonKind(StrEnum):
    TAG = "tag"  # reviews of it say what was asked for, or what they say of the other one
    SHELF = "shelf"  # it stands on the same shelf
    WORDS = "words"  # its name or description has words of the request
    MENTIONED = "mentioned"  # only a review of it has
    MEANING = "meaning"  # its description means nearly the same
    TOGETHER = "together"  # others took it along with what this shopper chose
    CHOSEN = "chosen"  # staff pinned it
    LOVED = "loved"  # for want of anything better, it is among the most loved


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a product is shown. `label` and `count` are those of the product's own tag, where it is one."""

    kind: ReasonKind
    label: str = ""
    count: int = 0

    def __str__(self) -> str:
        return f"{self.label} ({self.count})" if self.label else self.kind.value


@dataclass(frozen=True, slots=True)
class Recommendation:
    product_id: int
    score: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class Placements:
    """What staff decided, by product id; of the pinned, the one pinned last stands first."""

    pinned: tuple[int, ...] = ()
    hidden: frozenset[int] = frozenset()


def placements() -> Placements:
    """As they are now: a decision counts in the next query."""
    rows = list(Placement.objects.current().values_list("product_id", "kind"))
    return Placements(
        tuple(product_id for product_id, kind in rows if kind == PlacementKind.PIN),
        frozenset(product_id for product_id, kind in rows if kind == PlacementKind.HIDE),
    )


@dataclass(frozen=True, slots=True)
class TagsOf:
    """The tags of some products, and how telling their labels are."""

    by_product: dict[int, list[TagCluster]]
    rarities: Rarities

    @classmethod
    def products(
        cls,
        product_ids: Collection[int],
        labels: Collection[str] = (),
        holding: Collection[str] | None = None,
    ) -> "TagsOf":
        """Of the tags only those that hold one of `holding`, where it is given."""
        by_product: dict[int, list[TagCluster]] = defaultdict(list)
        counts: dict[str, int] = {}
        tags = TagCluster.objects.filter(product_id__in=product_ids).order_by("product_id", "rank")
        if holding is not None:
            tags = tags.filter(members__overlap=list(holding))
        for tag in tags.annotate(carried_by=F("medoid__product_count")):
            by_product[tag.product_id].append(tag)
            counts[tag.medoid_id] = tag.carried_by
        if others := set(labels) - counts.keys():
            counts |= dict(Label.objects.filter(pk__in=others).values_list("text", "product_count"))
        return cls(by_product, Rarities(counts, most_products()))

    def of(self, product_id: int) -> list[TagCluster]:
        return self.by_product.get(product_id, [])


def most_products() -> int:
    """How many products carry the commonest label."""
    return int(Label.objects.aggregate(most=Max("product_count"))["most"] or 0)


def alike(product_id: int, limit: int = SPARE) -> list[Recommendation]:
    """Products like this one, the likest first; none where the recommender does not know it yet."""
    known = ProductEntry.objects.filter(pk=product_id, embedding__isnull=False)
    entry = known.only("embedding", "category_ids").first()
    if entry is None:
        return []
    vector = np.array(entry.embedding, dtype=np.float32)
    matches = nearest(vector, Filters(without=frozenset({product_id})), CANDIDATES)
    ids = [match.product_id for match in matches]
    ours = TagsOf.products([product_id]).of(product_id)
    tags = TagsOf.products(ids, holding=[tag.medoid_id for tag in ours])
    paths = dict(ProductEntry.objects.filter(pk__in=ids).values_list("product_id", "category_ids"))
    return best([beside(entry, ours, match, paths[match.product_id], tags) for match in matches], limit)


def beside(
    entry: ProductEntry, ours: Sequence[TagCluster], match: Match, path: Sequence[int], tags: TagsOf
) -> Recommendation:
    shared = shared_tags(ours, tags.of(match.product_id), tags.rarities)
    near = nearness(entry.category_ids, path)
    return Recommendation(
        match.product_id,
        likeness(match.similarity, near, shared),
        reason_from(shared, ReasonKind.SHELF if near == 1.0 else ReasonKind.MEANING),
    )


def reason_from(shared: Sequence[Shared], otherwise: ReasonKind) -> Reason:
    """The weightiest of the tags that both sides hold and that not everything has."""
    telling = [found for found in shared if found.rarity >= TELLING]
    if telling or (shared and otherwise is ReasonKind.MEANING):
        tag = (telling or shared)[0].tag
        return Reason(ReasonKind.TAG, tag.medoid_id, tag.count)
    return Reason(otherwise)


def best(found: Sequence[Recommendation], limit: int) -> list[Recommendation]:
    """The best first; what is nearly the same as one of them stands behind others that fit half as well."""
    ranked = sorted(found, key=lambda one: (-one.score, one.product_id))[: 2 * limit]
    least = ranked[FOUR - 1].score / 2 if len(ranked) >= FOUR else 0.0
    fitting = [one for one in ranked if one.score >= least]
    first = varied(fitting, same_of(one.product_id for one in fitting), len(fitting))
    return [*first, *ranked[len(fitting) :]][:limit]


def intent_of(sentence: str, embedder: Embedder | None = None, told: Told | None = None) -> Intent:
    """What the sentence asks for, in the labels that this shop's reviews carry; as a chat model `told`."""
    carried = Label.objects.filter(product_count__gt=0)
    inventory = Inventory(dict(carried.values_list("text", "polarity")))

    def similar(phrases: Sequence[str]) -> list[tuple[str, float]]:
        return nearest_labels((embedder or embedder_in_use()).embed(phrases))

    if told:
        return as_told(sentence, told, inventory, similar)
    return understood(sentence, inventory, similar)


def nearest_labels(vectors: Floats) -> list[tuple[str, float]]:
    """To each of the vectors (N, dimensions) the carried label that means most the same, with its cosine."""
    texts = [HalfVector(vector).to_text() for vector in vectors]
    with connections["recommender"].cursor() as cursor:
        cursor.execute(NEAREST_LABELS, [texts])
        return [(text, 1.0 - distance) for text, distance in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Asked:
    """An intent as the search needs it."""

    intent: Intent
    filters: Filters
    vector: Floats
    terms: Sequence[AskedTerm] = ()
    words: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that may answer: its cosine, and the terms by which it and its shelf are called.

    `is_described` where one of the words stands in its own texts, and not in reviews alone.
    """

    product_id: int
    similarity: float
    is_described: bool
    called: Kind
    shelf: Kind


def asked_for(intent: Intent, embedder: Embedder | None = None, limit: int = SPARE) -> list[Recommendation]:
    """Products that answer the intent, the fittest first; fewer only where fewer pass its filters."""
    embedder = embedder or embedder_in_use()
    filters = filters_of(intent)
    terms = asked_for_terms(intent.about)
    words = worded(terms, filters.rows(), CANDIDATES)
    vectors = embedder.embed([intent.meant, *intent.wanted])
    asked = Asked(intent, filters, request_vector(intent, vectors, words), terms, words)
    found = candidates(asked)
    said = told_by(
        asked.vector if is_chinese(intent.about) else vectors[0],
        [one.product_id for one in found],
        embedder.model_version,
    )
    shelves = shelves_told(found, said)
    kinds = kinds_named(intent.sentence, intent.about, [one.called for one in found], list(shelves))
    tags = TagsOf.products([one.product_id for one in found], labels=(*intent.wanted, *intent.avoided))

    def meaning(one: Candidate) -> float:
        return meant(one.similarity, said.get(one.product_id, 0.0), shelves[one.shelf])

    return best([answering(asked, one, meaning(one), kinds, tags) for one in found], limit)


def filters_of(intent: Intent) -> Filters:
    return Filters(
        at_most=intent.at_most,
        at_least=intent.at_least,
        without_terms=intent.left_out,
        shelf=Shelf.called(intent.shelf_words) if intent.shelf_words else None,
    )


def request_vector(intent: Intent, vectors: Floats, words: Mapping[int, float]) -> Floats:
    """(dimensions,) what the sentence says, its labels, and the products that have most of its words.

    `vectors` are of the sentence and of its labels. The last part is pseudo-relevance feedback (Rocchio,
    1971). It stands for a Chinese sentence too, since the encoder reads English.
    """
    said = unit(vectors[1:].sum(axis=0)) + WEIGHT_OF_FEEDBACK * meant_by(words, FEEDBACK)
    return unit(said if is_chinese(intent.about) else vectors[0] + said)


def meant_by(words: Mapping[int, float], few: int) -> Floats:
    """(dimensions,) what the few products with the most words say, together; zeros where there are none."""
    foremost = sorted(words, key=lambda product_id: (-words[product_id], product_id))[:few]
    rows = ProductEntry.objects.filter(pk__in=foremost).values_list("embedding", flat=True)
    return unit(np.array([[0.0] * DIMENSIONS, *rows], dtype=np.float32).sum(axis=0))


def candidates(asked: Asked) -> list[Candidate]:
    """Those near in meaning, those with the words, those with the wanted tags.

    A Chinese wish in words that no product has means nothing to the encoder: then nothing is near.
    """
    means_something = bool(asked.vector.any())
    near = nearest(asked.vector, asked.filters, CANDIDATES) if means_something else []
    tagged = TagCluster.objects.filter(members__overlap=list(asked.intent.wanted))
    ids = {
        *(match.product_id for match in near),
        *asked.words,
        *tagged.order_by("-share", "pk").values_list("product_id", flat=True)[:CANDIDATES],
    }
    distance = CosineDistance("embedding", HalfVector(asked.vector))
    described = Q(document=any_of(asked.terms, BUT_REVIEWS)) if asked.terms else Q(pk__in=[])
    rows = (
        asked.filters.rows()
        .filter(pk__in=ids)
        .annotate(distance=distance, is_described=ExpressionWrapper(described, BooleanField()))
    )
    called = rows.values_list("pk", "distance", "is_described", "name", "name_zh", "path", "path_zh")
    return [
        Candidate(
            pk,
            1.0 - distance if means_something else 0.0,
            bool(is_described),
            called=terms_called(f"{name} . {name_zh}"),
            shelf=terms_called(f"{path} . {path_zh}"),
        )
        for pk, distance, is_described, name, name_zh, path, path_zh in called
    ]


def shelves_told(found: Iterable[Candidate], said: Mapping[int, float]) -> Mapping[Kind, float]:
    """By shelf, how near what is said of its products is on the average (as Kurland and Lee, 2004)."""
    told: dict[Kind, list[float]] = defaultdict(list)
    for one in found:
        told[one.shelf].append(said.get(one.product_id, 0.0))
    return {shelf: fmean(cosines) for shelf, cosines in told.items()}


def answering(
    asked: Asked, one: Candidate, meaning: float, kinds: Sequence[Kind], tags: TagsOf
) -> Recommendation:
    wanted = wanted_tags(asked.intent.wanted, tags.of(one.product_id), tags.rarities)
    unwanted = wanted_tags(asked.intent.avoided, tags.of(one.product_id), tags.rarities)
    words = asked.words.get(one.product_id, 0.0)
    said = ReasonKind.WORDS if one.is_described else ReasonKind.MENTIONED
    otherwise = said if words else ReasonKind.MEANING
    return Recommendation(
        one.product_id,
        fitness(meaning, words, belonging(kinds, one.called, one.shelf), wanted, unwanted),
        reason_from(wanted, otherwise),
    )
