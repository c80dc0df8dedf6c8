"""What we do with a request, and what others would: BM25, and the nearest by a sentence encoder alone."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import bm25s
import numpy as np
from numpy.typing import NDArray

from benchmarks.ranking import K
from recommender.chinese import asked_terms, terms
from recommender.embedding import Embedder, default_embedder, unit
from recommender.selectors import asked_for, filters_of, intent_of
from recommender.words import content_words, stem, words_of
from shop.models import Product, Review

Search = Callable[[str], list[str]]
"""A request to the SKUs of all products on sale, the fittest first."""


@dataclass(frozen=True, slots=True)
class Larder:
    """The recommender as pages ask it, without their patience."""

    embedder: Embedder = field(default_factory=default_embedder)
    skus: Mapping[int, str] = field(
        default_factory=lambda: {pk: sku or "" for pk, sku in Product.objects.values_list("pk", "sku")}
    )

    def answer(self, request: str) -> list[str]:
        found = asked_for(intent_of(request, self.embedder), self.embedder, limit=K)
        return [self.skus[one.product_id] for one in found]

    def passing(self, request: str) -> set[str]:
        """What no filter of the request leaves out."""
        rows = filters_of(intent_of(request, self.embedder)).rows()
        return {self.skus[product_id] for product_id in rows.values_list("pk", flat=True)}


@dataclass(frozen=True, slots=True)
class Page:
    """What a peer may read of a product: what its page says, in both languages, and its reviews."""

    sku: str
    catalogue: str
    reviews: tuple[str, ...]

    @property
    def everything(self) -> str:
        return "\n".join((self.catalogue, *self.reviews))


def pages_on_sale() -> list[Page]:
    reviews: dict[int, list[str]] = defaultdict(list)
    for product_id, title, body in Review.objects.order_by("pk").values_list("product_id", "title", "body"):
        reviews[product_id].append(f"{title}. {body}")
    rows = Product.objects.available().select_related("category__parent__parent").order_by("pk")
    return [Page(row.sku or "", _catalogue_text(row), tuple(reviews[row.pk])) for row in rows]


def _catalogue_text(row: Product) -> str:
    shelf = row.category
    aisle = shelf.parent
    parts = (
        row.name, row.brief, row.brand, shelf.name, aisle.name if aisle else "", row.detail,
        row.name_zh, row.brief_zh, shelf.name_zh, aisle.name_zh if aisle else "", row.detail_zh,
    )  # fmt: skip
    return ". ".join(filter(None, parts))


def peers(pages: Sequence[Page], embedder: Embedder) -> Mapping[str, Search]:
    """Each in two forms, since it is not clear beforehand whether reviews help it or distract it."""
    return {
        "BM25, catalogue": bm25(pages, [page.catalogue for page in pages]),
        "BM25, catalogue and reviews": bm25(pages, [page.everything for page in pages]),
        "MiniLM, catalogue": nearest(pages, embedder, embedder.embed([page.catalogue for page in pages])),
        "MiniLM, catalogue and reviews": nearest(pages, embedder, np.array(list(_means(pages, embedder)))),
    }


def bm25(pages: Sequence[Page], texts: Sequence[str]) -> Search:
    """As Lucene has it (Robertson and Walker, 1994); words stemmed, Chinese in characters and pairs."""
    index = bm25s.BM25(method="lucene")
    index.index([_tokens(text) for text in texts], show_progress=False)

    def search(request: str) -> list[str]:
        asked = [*map(stem, content_words(request)), *asked_terms(request)]
        known = [token for token in asked if token in index.vocab_dict]
        scores = index.get_scores(known) if known else np.zeros(len(pages), dtype=np.float32)
        return _ranked(pages, scores)

    return search


def nearest(pages: Sequence[Page], embedder: Embedder, vectors: NDArray[np.float32]) -> Search:
    return lambda request: _ranked(pages, vectors @ embedder.embed([request])[0])


def _tokens(text: str) -> list[str]:
    return [*map(stem, words_of(text)), *terms(text)]


def _means(pages: Sequence[Page], embedder: Embedder) -> Iterator[NDArray[np.float32]]:
    """Half what the catalogue says, half what the reviews say together."""
    for page in pages:
        vectors = embedder.embed([page.catalogue, *page.reviews])
        yield unit(vectors[0] + unit(vectors[1:].sum(axis=0)))


def _ranked(pages: Sequence[Page], scores: NDArray[np.float32]) -> list[str]:
    return [pages[place].sku for place in np.argsort(-scores, kind="stable")]
