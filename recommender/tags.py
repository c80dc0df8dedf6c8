"""From a product's labels to its tags and its vector, and on to the shop.

Stale products are taken in batches. Tags and vectors are computed outside any transaction, stored in one, and
published; only then the product counts as fresh. A kill anywhere in between leaves it stale, and doing it
again gives the same.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from django.db import transaction
from pgvector import HalfVector

from recommender.clustering import LabelSupport, PreviousTag, Tag, tags_of
from recommender.documents import forget_documents, store_documents
from recommender.embedding import Embedder, Floats, unit
from recommender.models import (
    Label,
    Passage,
    ProductEntry,
    ReviewEntry,
    ReviewLabel,
    TagCluster,
    WithdrawnLabel,
)
from recommender.passages import store_passages
from recommender.reviews import latest_reviews
from recommender.scoring import rarity
from recommender.selectors import most_products
from recommender.withdrawing import withdrawn_from
from shop.services.tags import TagToPublish, publish_tags

BATCH_SIZE = 32  # products: as long as it takes, a review that is posted meanwhile waits
REVIEWS_QUOTED, WORDS_QUOTED = 6, 20
CHARACTERS_QUOTED = 160  # twenty English words have fewer; a Chinese text has no words to count
TELLING_OF_EXCERPT, TELLING_OF_TAGS = 0.7, 0.6  # in a product's vector, beside what the shop itself says
CLUSTER_FIELDS = ("medoid_id", "members", "polarity", "count", "share", "rank")


@dataclass(frozen=True, slots=True)
class StaleProduct:
    """A product with all that its tags are made of."""

    entry: ProductEntry
    labels: tuple[LabelSupport, ...]
    reviews: int  # labelled ones, those without a label included
    excerpt: str  # of what its latest reviews say
    clusters: tuple[TagCluster, ...]


@dataclass(slots=True)
class Refreshed:
    """How many products were brought up to date, with how many tags, and the seconds each stage took."""

    products: int = 0
    tags: int = 0
    clustering: float = 0.0
    embedding: float = 0.0
    publishing: float = 0.0

    def __add__(self, other: "Refreshed") -> "Refreshed":
        return Refreshed(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @contextmanager
    def spending_on(self, stage: str) -> Iterator[None]:
        started = perf_counter()
        yield
        setattr(self, stage, getattr(self, stage) + perf_counter() - started)


def refresh_batch(embedder: Embedder, refreshed: Refreshed, among: Collection[int] | None = None) -> int:
    """Bring the next stale products, or those of `among`, up to date, adding to `refreshed`.

    Returns how many there were.
    """
    products = next_stale_products(among)
    if not products:
        return 0
    with refreshed.spending_on("clustering"):
        tags = [tags_of(product.labels, product.reviews, former(product)) for product in products]
    with refreshed.spending_on("embedding"):
        store_passages([product.entry.product_id for product in products], embedder)
        vectors = product_vectors(products, tags, embedder)
    with refreshed.spending_on("publishing"):
        store(products, tags, vectors, embedder.model_version)
        for product, its_tags in zip(products, tags, strict=True):
            publish(product.entry, its_tags)
    refreshed.products += len(products)
    refreshed.tags += sum(map(len, tags))
    return len(products)


def next_stale_products(among: Collection[int] | None = None) -> list[StaleProduct]:
    stale = ProductEntry.objects.stale().defer("embedding").order_by("product_id")
    entries = list((stale if among is None else stale.filter(pk__in=among))[:BATCH_SIZE])
    ids = [entry.product_id for entry in entries]
    mentions = mentions_of(ids)
    labels = Label.objects.in_bulk({text for by_label in mentions.values() for text in by_label})
    withdrawn = withdrawn_from(ids)
    most = most_products()
    labelled = ReviewEntry.objects.published().filter(product_id__in=ids).exclude(labelled_with="")
    reviews = Counter(labelled.values_list("product_id", flat=True))
    excerpts = excerpts_of(ids)
    clusters = defaultdict(list)
    for cluster in TagCluster.objects.filter(product_id__in=ids).order_by("rank", "pk"):
        clusters[cluster.product_id].append(cluster)
    return [
        StaleProduct(
            entry=entry,
            labels=tuple(
                supported(labels[text], review_ids, most)
                for text, review_ids in mentions[entry.product_id].items()
                if (entry.product_id, text, labels[text].polarity) not in withdrawn
            ),
            reviews=reviews[entry.product_id],
            excerpt=excerpts.get(entry.product_id, ""),
            clusters=tuple(clusters[entry.product_id]),
        )
        for entry in entries
    ]


def mentions_of(product_ids: Sequence[int]) -> dict[int, dict[str, set[int]]]:
    """By product, by label: the reviews that carry it."""
    found: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    rows = ReviewLabel.objects.filter(product_id__in=product_ids)
    for product_id, text, review_id in rows.values_list("product_id", "label_id", "review_id"):
        found[product_id][text].add(review_id)
    return found


def excerpts_of(product_ids: Sequence[int]) -> dict[int, str]:
    """By product, the beginnings of its latest reviews: many an imported product has no other description."""
    return {
        product_id: " ".join(beginning(review) for review in reviews)
        for product_id, reviews in latest_reviews(product_ids, REVIEWS_QUOTED).items()
    }


def beginning(review: ReviewEntry) -> str:
    return " ".join(f"{review.title}. {review.body}".split()[:WORDS_QUOTED])[:CHARACTERS_QUOTED]


def supported(label: Label, review_ids: set[int], most: int) -> LabelSupport:
    return LabelSupport(
        text=label.text,
        polarity=label.polarity,
        vector=unit(np.array(label.embedding, dtype=np.float32)),
        rarity=rarity(label.product_count, most),
        review_ids=frozenset(review_ids),
    )


def former(product: StaleProduct) -> list[PreviousTag]:
    return [
        PreviousTag(cluster.pk, cluster.medoid_id, tuple(cluster.members), cluster.polarity)
        for cluster in product.clusters
    ]


def product_vectors(
    products: Sequence[StaleProduct], tags: Sequence[Sequence[Tag]], embedder: Embedder
) -> Floats:
    """(products, dimensions): what the shop says of each, what its tags say and what its reviews tell."""
    vectors = embedder.embed([product.entry.text for product in products])
    told = embedder.embed([product.excerpt for product in products])
    for row, (product, its_tags) in enumerate(zip(products, tags, strict=True)):
        labels = {label.text: label for label in product.labels}
        if product.excerpt:
            vectors[row] += TELLING_OF_EXCERPT * told[row]
        if its_tags:
            weighted = [labels[tag.medoid].vector * np.float32(weight(tag, labels)) for tag in its_tags]
            vectors[row] += TELLING_OF_TAGS * unit(np.sum(weighted, axis=0))
    return unit(vectors)


def weight(tag: Tag, labels: Mapping[str, LabelSupport]) -> float:
    return tag.share * labels[tag.medoid].rarity


def store(
    products: Sequence[StaleProduct], tags: Sequence[Sequence[Tag]], vectors: Floats, model_version: str
) -> None:
    with transaction.atomic(using="recommender"):
        for product, its_tags, vector in zip(products, tags, vectors, strict=True):
            store_clusters(product, its_tags)
            product.entry.embedding = HalfVector(vector)
            product.entry.model_version = model_version
        ProductEntry.objects.bulk_update(
            [product.entry for product in products], ["embedding", "model_version"]
        )
        store_documents([product.entry.product_id for product in products])


def store_clusters(product: StaleProduct, tags: Sequence[Tag]) -> None:
    known = {cluster.pk: cluster for cluster in product.clusters}
    wanted = [
        TagCluster(
            pk=tag.cluster_id,
            product_id=product.entry.product_id,
            medoid_id=tag.medoid,
            members=list(tag.members),
            polarity=tag.polarity,
            count=len(tag.review_ids),
            share=tag.share,
            rank=rank,
        )
        for rank, tag in enumerate(tags)
    ]
    gone = known.keys() - {cluster.pk for cluster in wanted}
    if gone:
        TagCluster.objects.filter(pk__in=gone).delete()
    changed = [cluster for cluster in wanted if cluster.pk and differs(cluster, known[cluster.pk])]
    TagCluster.objects.bulk_update(changed, CLUSTER_FIELDS)
    TagCluster.objects.bulk_create([cluster for cluster in wanted if cluster.pk is None])


def differs(one: TagCluster, other: TagCluster) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in CLUSTER_FIELDS)


def publish(entry: ProductEntry, tags: Sequence[Tag]) -> None:
    """Hand the tags to the shop, and count the product as fresh up to the revision that was read."""
    rows = [
        TagToPublish(
            label=tag.medoid,
            polarity=tag.polarity,
            count=len(tag.review_ids),
            share=tag.share,
            review_ids=tag.review_ids,
        )
        for tag in tags
    ]
    if publish_tags(product_id=entry.product_id, tags=rows):
        ProductEntry.objects.filter(pk=entry.pk).update(published_revision=entry.revision)
    else:
        forget(entry.product_id)


def forget(product_id: int) -> None:
    """Drop what is known of a product that the shop no longer has."""
    with transaction.atomic(using="recommender"):
        forget_documents([product_id])
        for model in (TagCluster, WithdrawnLabel, ReviewLabel, ReviewEntry, Passage, ProductEntry):
            model.objects.filter(product_id=product_id).delete()
