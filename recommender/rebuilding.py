"""Changing over to another embedder without a gap: its vectors are made aside, then replace those in use.

Each is kept when it is made, so a run that is killed goes on where it was and asks for nothing twice. The
worker works on meanwhile with the old one; what it changes is made again, the last of it while it waits. All
vectors change in one transaction together with the row that says which embedder is asked.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
from django.db import connections, transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import Length
from pgvector import HalfVector

from recommender.clustering import LabelSupport, Tag
from recommender.embedders import put_in_use
from recommender.embedding import Embedder, refuse_a_mismatch, unit
from recommender.exceptions import RecommenderError
from recommender.models import (
    EmbedderInUse,
    Label,
    NextLabelVector,
    NextProductVector,
    Passage,
    ProductEntry,
    ReviewEntry,
    TagCluster,
)
from recommender.passages import store_passages
from recommender.scoring import Rarities
from recommender.selectors import TagsOf
from recommender.services import Watch, unwatched
from recommender.tags import StaleProduct, excerpts_of, product_vectors
from recommender.turns import CATCHING_UP, REBUILDING, turn

LABELS_AT_ONCE, PRODUCTS_AT_ONCE = 256, 64
PROBE = "great taste"
LETTERS_OF_A_TOKEN = 4  # of English

TAKE_OVER = (
    """
    UPDATE recommender_label AS old SET embedding = new.embedding, model_version = new.model_version
    FROM recommender_nextlabelvector AS new WHERE new.text = old.text
    """,
    """
    UPDATE recommender_productentry AS old SET embedding = new.embedding, model_version = new.model_version
    FROM recommender_nextproductvector AS new WHERE new.product_id = old.product_id
    """,
)


class RebuildingElsewhere(RecommenderError):
    """Another process is at it."""

    def __init__(self) -> None:
        super().__init__("Another process is rebuilding the embeddings already: wait for it.")


class WorkerBusy(RecommenderError):
    """The worker did not come to an end in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The vectors are complete, but the worker has been busy for {seconds:.0f} s: "
            "run again to change over."
        )


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a run made, and from which version to which; the same where there was nothing to do."""

    before: str
    after: str
    labels: int = 0
    products: int = 0
    labels_kept: int = 0  # of an earlier run that did not finish
    products_kept: int = 0

    def __bool__(self) -> bool:
        return self.before != self.after


def rebuild(
    *,
    embedder: Embedder,
    watch: Watch = unwatched,
    patience: float = 600.0,
    announce: Callable[[], object] = lambda: None,
) -> Rebuilt:
    """Have `embedder`'s vectors searched. Raises ModelMismatch, EmbedderSilent, WorkerBusy or -Elsewhere.

    Calls `announce` before it makes any, where there are some to make.
    """
    with turn(REBUILDING) as is_ours:
        if not is_ours:
            raise RebuildingElsewhere
        refuse_a_mismatch(embedder)
        embedder.embed([PROBE])  # a server's vectors show their size only now
        before = version_in_use()
        if before == embedder.model_version:
            return Rebuilt(before, before)
        forget_others(embedder.model_version)
        announce()
        kept = NextLabelVector.objects.count(), NextProductVector.objects.count()
        labels, products = make(embedder, watch)
        with worker_stopped(patience):
            more_labels, more_products = make(embedder, watch)
            take_over(embedder)
        return Rebuilt(before, embedder.model_version, labels + more_labels, products + more_products, *kept)


def tokens_to_read() -> int:
    """About as many as a model reads of all labels, and of products and what is said of them, at most."""
    products = missing_products()
    texts = (
        (missing_labels(), ("text",)),
        (products, ("name", "path", "text", "text", "detail")),  # the text as a whole, and by sentences
        (ReviewEntry.objects.published().filter(product_id__in=products.values("pk")), ("title", "body")),
    )
    letters = sum(
        rows.order_by().aggregate(letters=Sum(reduce(add, map(Length, fields))))["letters"] or 0
        for rows, fields in texts
    )
    return int(letters) // LETTERS_OF_A_TOKEN


def version_in_use() -> str:
    """By the row, or by the vectors themselves where they are older than it."""
    if row := EmbedderInUse.objects.first():
        return row.model_version
    with_vector = ProductEntry.objects.filter(embedding__isnull=False)
    return with_vector.values_list("model_version", flat=True).first() or ""


def forget_others(model_version: str) -> None:
    """Vectors that an earlier run made for another embedder, and did not finish."""
    for model in (NextLabelVector, NextProductVector):
        model.objects.exclude(model_version=model_version).delete()
    Passage.objects.exclude(model_version__in=(model_version, version_in_use())).delete()


def make(embedder: Embedder, watch: Watch) -> tuple[int, int]:
    """Make the vectors that are missing or older than what they are made of. Returns how many."""
    labels = products = 0
    with watch("Labels", missing_labels().count) as advance:
        while texts := list(missing_labels().values_list("text", flat=True)[:LABELS_AT_ONCE]):
            make_labels(texts, embedder)
            labels += len(texts)
            advance(len(texts))
    with watch("Products", missing_products().count) as advance:
        while entries := list(missing_products()[:PRODUCTS_AT_ONCE]):
            make_products(entries, embedder)
            products += len(entries)
            advance(len(entries))
    return labels, products


def missing_labels() -> "QuerySet[Label]":
    made = NextLabelVector.objects.filter(pk=OuterRef("pk"))
    return Label.objects.filter(~Exists(made)).order_by("text")


def missing_products() -> "QuerySet[ProductEntry]":
    """Those that have a vector and whose next one is not of the same revision."""
    made = NextProductVector.objects.filter(pk=OuterRef("pk"), revision=OuterRef("published_revision"))
    searched = ProductEntry.objects.filter(embedding__isnull=False).defer("embedding")
    return searched.filter(~Exists(made)).order_by("product_id")


def make_labels(texts: Sequence[str], embedder: Embedder) -> None:
    rows = [
        NextLabelVector(text=text, embedding=HalfVector(vector), model_version=embedder.model_version)
        for text, vector in zip(texts, embedder.embed(texts), strict=True)
    ]
    NextLabelVector.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["text"],
        update_fields=["embedding", "model_version"],
    )


def make_products(entries: Sequence[ProductEntry], embedder: Embedder) -> None:
    """Of the same parts as always (recommender.tags), with the next vectors of their labels."""
    ids = [entry.product_id for entry in entries]
    tags = TagsOf.products(ids)
    supports = supports_of([tag for held in tags.by_product.values() for tag in held], tags.rarities)
    excerpts = excerpts_of(ids)
    products = [
        StaleProduct(
            entry=entry,
            labels=tuple(
                supports[tag.medoid_id] for tag in tags.of(entry.product_id) if tag.medoid_id in supports
            ),
            reviews=0,
            excerpt=excerpts.get(entry.product_id, ""),
            clusters=(),
        )
        for entry in entries
    ]
    its_tags = [
        [as_tag(tag) for tag in tags.of(entry.product_id) if tag.medoid_id in supports] for entry in entries
    ]
    store_passages(ids, embedder)  # beside those in use: a request reads those of its own embedder
    vectors = product_vectors(products, its_tags, embedder)
    rows = [
        NextProductVector(
            product_id=entry.product_id,
            revision=entry.published_revision,
            embedding=HalfVector(vector),
            model_version=embedder.model_version,
        )
        for entry, vector in zip(entries, vectors, strict=True)
    ]
    NextProductVector.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["product_id"],
        update_fields=["revision", "embedding", "model_version"],
    )


def supports_of(tags: Sequence[TagCluster], rarities: Rarities) -> dict[str, LabelSupport]:
    """By label. One that the worker has added since is missing: its product has another revision by then."""
    made = NextLabelVector.objects.filter(pk__in={tag.medoid_id for tag in tags})
    vectors = dict(made.values_list("text", "embedding"))
    return {
        tag.medoid_id: LabelSupport(
            text=tag.medoid_id,
            polarity=tag.polarity,
            vector=unit(np.array(vectors[tag.medoid_id], dtype=np.float32)),
            rarity=rarities.of(tag.medoid_id),
            review_ids=frozenset(),
        )
        for tag in tags
        if tag.medoid_id in vectors
    }


def as_tag(tag: TagCluster) -> Tag:
    return Tag(
        cluster_id=tag.pk,
        medoid=tag.medoid_id,
        members=tuple(tag.members),
        polarity=tag.polarity,
        review_ids=(),
        share=tag.share,
    )


def worker_stopped(patience: float) -> ExitStack:
    """A context in which no worker catches up; it is waited for. Raises WorkerBusy."""
    ends = time.monotonic() + patience
    while True:
        with ExitStack() as stack:
            if stack.enter_context(turn(CATCHING_UP)):
                return stack.pop_all()
        if time.monotonic() > ends:
            raise WorkerBusy(patience)
        time.sleep(0.1)


def take_over(embedder: Embedder) -> None:
    """All at once; pages that have begun go on with what they saw."""
    with transaction.atomic(using="recommender"):
        with connections["recommender"].cursor() as cursor:
            for statement in TAKE_OVER:
                cursor.execute(statement)
        put_in_use(embedder)
        Passage.objects.exclude(model_version=embedder.model_version).delete()
        NextLabelVector.objects.all().delete()
        NextProductVector.objects.all().delete()
