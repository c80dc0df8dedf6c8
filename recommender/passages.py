"""What is said of a product, sentence by sentence, each with its vector.

A product's one vector tells what it is; what it is good for often stands in a single sentence of its text or
of a review. A request is compared with each, and the nearest counts (Khattab and Zaharia, 2020, with
sentences for their tokens). The encoder reads English: Chinese sentences have no vector.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b

from django.conf import settings
from django.db import transaction
from django.db.models import Min
from pgvector import HalfVector
from pgvector.django import CosineDistance

from recommender.chinese import is_chinese
from recommender.documents import reviews_of
from recommender.embedding import Embedder, Floats
from recommender.models import Passage, ProductEntry

FEWEST_WORDS = 2

_END = re.compile(r"(?<=[.!?])\s+|\n+")


def store_passages(product_ids: Sequence[int], embedder: Embedder) -> None:
    """Bring the passages of these products up to date; only sentences that are new are embedded."""
    version = embedder.model_version
    wanted = {
        (product_id, digest_of(sentence)): sentence
        for product_id, sentences in sentences_of(product_ids).items()
        for sentence in sentences
    }
    stored = Passage.objects.filter(product_id__in=product_ids, model_version=version)
    rows_kept = stored.values_list("product_id", "digest", "pk")
    kept = {(product_id, bytes(digest)): pk for product_id, digest, pk in rows_kept}
    new = [key for key in wanted if key not in kept]
    vectors = embedder.embed([wanted[key] for key in new]) if new else ()
    rows = [
        Passage(product_id=product_id, digest=digest, embedding=HalfVector(vector), model_version=version)
        for (product_id, digest), vector in zip(new, vectors, strict=True)
    ]
    with transaction.atomic(using="recommender"):
        Passage.objects.filter(pk__in=[pk for key, pk in kept.items() if key not in wanted]).delete()
        Passage.objects.bulk_create(rows, ignore_conflicts=True)


def sentences_of(product_ids: Sequence[int]) -> Mapping[int, list[str]]:
    reviews = reviews_of(product_ids)
    entries = ProductEntry.objects.filter(pk__in=product_ids).only("name", "path", "text", "detail")
    return {
        entry.pk: split(
            "\n".join((f"{entry.name}. {entry.path}", entry.text, entry.detail, *reviews[entry.pk]))
        )
        for entry in entries
    }


def split(text: str) -> list[str]:
    sentences = (sentence.strip() for sentence in _END.split(text))
    told = [one for one in sentences if len(one.split()) >= FEWEST_WORDS and not is_chinese(one)]
    return list(dict.fromkeys(told))[: settings.RECOMMENDER_PASSAGES]


def digest_of(sentence: str) -> bytes:
    return blake2b(sentence.encode(), digest_size=16).digest()


def told_by(vector: Floats, product_ids: Collection[int], model_version: str) -> dict[int, float]:
    """By product id, the cosine of the passage that is nearest; those without passages are absent."""
    rows = Passage.objects.filter(product_id__in=product_ids, model_version=model_version)
    distance = Min(CosineDistance("embedding", HalfVector(vector)))
    found = rows.values("product_id").annotate(distance=distance).values_list("product_id", "distance")
    return {product_id: 1.0 - distance for product_id, distance in found}
