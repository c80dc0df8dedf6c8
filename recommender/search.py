"""Products near a vector among those that pass the filters. Never fewer than match.

An HNSW index looks at the nearest rows first and filters afterwards: where few rows pass, it runs dry before
it has found four. A router asks the planner how many will pass, which costs no count, and where they are few
it compares them all.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from math import isqrt
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import F, Q, QuerySet
from pgvector import HalfVector
from pgvector.django import CosineDistance

from recommender.embedding import Floats
from recommender.models import Placement, PlacementKind, ProductEntry
from recommender.words import stem
from shop.prepared import Prepared, Value
from shop.remembering import remembered

# Measured: docs/benchmarks/search.md.
FEW_ROWS = 4_000  # up to here comparing every row is faster than walking the index, and exact
FEW_SHARE = 0.06  # of the products: up to here the index would have to be walked far to find as much
MOST_COMPARED = 30_000  # rows that are compared for exactness' sake
MOST_EF = 1_000  # how wide the index is walked; pgvector goes no further
ENOUGH = 20  # rows that pass should lie in the beam: then the nearest are among them
MOST_SCANNED = 40_000  # rows that an iterative scan may look at before it gives up
OF_THE_SHELF = "B"  # the weight of its name in a product's document
RELAXED = "relaxed_order"
LIFETIME = 60  # seconds for which an expectation holds


@dataclass(frozen=True, slots=True)
class Shelf:
    """How a shelf or its aisle is called: a query that an index answers, and a pattern of whole words."""

    query: str
    pattern: str

    @classmethod
    def called(cls, words: Collection[str]) -> "Shelf":
        """By one of the words, English ones in the singular."""
        return cls(
            " | ".join(f"{stem(word)}:{OF_THE_SHELF}" for word in words),
            "|".join(rf"\m{word}(s|es)?\M" if word.isascii() else word for word in words),
        )


@dataclass(frozen=True, slots=True)
class Filters:
    """What a product must be to be recommended at all: available, and what is said here."""

    without: frozenset[int] = frozenset()  # product ids
    category_id: int | None = None  # of any level
    at_most: Decimal | None = None  # price
    at_least: Decimal | None = None  # price
    but_hidden: bool = True  # what staff hid is never recommended
    without_terms: tuple[str, ...] = ()  # of what it holds: stems, and Chinese characters and pairs of them
    shelf: Shelf | None = None

    def rows(self) -> "QuerySet[ProductEntry]":
        rows = ProductEntry.objects.filter(is_available=True, embedding__isnull=False)
        if self.but_hidden:
            hidden = Placement.objects.current().filter(kind=PlacementKind.HIDE)
            rows = rows.exclude(product_id__in=hidden.values("product_id"))
        if self.without:
            rows = rows.exclude(product_id__in=sorted(self.without))
        if self.category_id is not None:
            rows = rows.filter(category_ids__contains=[self.category_id])
        if self.at_most is not None:
            rows = rows.filter(selling_price__lte=self.at_most)
        if self.at_least is not None:
            rows = rows.filter(selling_price__gte=self.at_least)
        if self.without_terms:
            held = SearchQuery(" | ".join(self.without_terms), search_type="raw", config="simple")
            rows = rows.filter(holds__isnull=False).exclude(holds=held)  # unread is not free of it
        if self.shelf:
            asked = SearchQuery(self.shelf.query, search_type="raw", config="simple")
            is_so_called = Q(path__iregex=self.shelf.pattern) | Q(path_zh__iregex=self.shelf.pattern)
            rows = rows.filter(is_so_called, document=asked)
        return rows

    @property
    def values(self) -> tuple[Value, ...]:
        """All that is said here but `but_hidden`, as `told` takes it."""
        terms = " | ".join(self.without_terms) or None
        shelf = (self.shelf.query, self.shelf.pattern) if self.shelf else (None, None)
        return self.category_id, self.at_most, self.at_least, terms, *shelf, *sorted(self.without)

    @classmethod
    def told(cls, *values: Any, but_hidden: bool) -> "Filters":
        """Of the `values` of others, or of what stands in for them."""
        category_id, at_most, at_least, terms, query, pattern, *without = values
        left_out = (terms,) if terms else ()
        shelf = Shelf(query, pattern) if query else None
        return cls(frozenset(without), category_id, at_most, at_least, but_hidden, left_out, shelf)


@dataclass(frozen=True, slots=True)
class Match:
    product_id: int
    similarity: float  # cosine, -1 to 1


def nearest(vector: Floats, filters: Filters, limit: int) -> list[Match]:
    """The `limit` products most like `vector`, the likest first; fewer only where fewer pass the filters."""
    if are_few(filters):
        return compared(vector, filters, limit)
    found = walked(vector, filters, limit, beam(filters, limit))
    return found if len(found) == limit else compared(vector, filters, limit)


def are_few(filters: Filters) -> bool:
    """Whether so few products are expected to pass that comparing them all is best."""
    passing = expected(filters)
    return passing <= FEW_ROWS or passing <= min(FEW_SHARE * expected(Filters()), MOST_COMPARED)


def expected(filters: Filters) -> int:
    """How many rows the planner thinks will pass, from its statistics. It errs; no answer depends on it.

    Kept a minute, since planning costs a third of what an exact answer does.
    """
    asked = replace(filters, without=frozenset(), but_hidden=False)
    return remembered("expected", asked, LIFETIME, lambda: planned(asked.rows()))


def planned(rows: "QuerySet[ProductEntry]") -> int:
    plan = json.loads(rows.values("pk").explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])


def compared(vector: Floats, filters: Filters, limit: int) -> list[Match]:
    """Exactly the nearest, equally near ones by id."""
    return matches(question(limit, filters.but_hidden, is_walked=False), vector, filters)


def walked(vector: Floats, filters: Filters, limit: int, ef: int) -> list[Match]:
    """Nearly the nearest, from a beam `ef` wide in the HNSW index; it goes on until enough rows passed.

    In relaxed order, sorted here: the strict one drops what it finds late, however near.
    """
    settings = (RELAXED, str(ef), str(MOST_SCANNED))
    found = matches(question(limit, filters.but_hidden, is_walked=True), vector, filters, *settings)
    return sorted(found, key=lambda match: (-match.similarity, match.product_id))


def beam(filters: Filters, limit: int) -> int:
    """How wide the index is walked: the more products, the more of them are about equally near.

    Two fifths of the root of their number, or as much as it takes for enough that pass to lie in it.
    """
    products, passing = expected(Filters()), max(expected(filters), 1)
    wanted = max(ENOUGH, limit) * products // passing
    return min(max(2 * isqrt(products) // 5, wanted, 1), MOST_EF)


class Walking(models.Func):
    """True, and from then on in this transaction the index is walked as the settings say.

    PostgreSQL asks it once, before it opens the index: so settings and question are one statement.
    """

    template = """(SELECT
        set_config('hnsw.iterative_scan', said.mode, true)
        || set_config('hnsw.ef_search', said.ef, true)
        || set_config('hnsw.max_scan_tuples', said.most, true)
        FROM (VALUES (%(expressions)s)) AS said (mode, ef, most)
    ) IS NOT NULL"""
    output_field = models.BooleanField()


@cache
def question(limit: int, but_hidden: bool, *, is_walked: bool) -> Prepared[tuple[int, float]]:
    """The nearest with their distances, asked of a vector, the settings of a walk, and values of filters."""

    def rows_of(vector: str, *values: Any) -> "QuerySet[Any, Any]":
        rows = Filters.told(*values, but_hidden=but_hidden).rows()
        return rows.annotate(distance=CosineDistance("embedding", models.Value(vector)))

    def walked(vector: str, mode: str, ef: str, most: str, *values: Any) -> "QuerySet[Any, Any]":
        settings = map(models.Value, (mode, ef, most))
        return rows_of(vector, *values).filter(Walking(*settings)).order_by("distance")

    def compared(vector: str, *values: Any) -> "QuerySet[Any, Any]":
        return rows_of(vector, *values).order_by(F("distance") + 0.0, "product_id")  # keeps off the index

    asked = walked if is_walked else compared
    return Prepared(lambda *values: asked(*values).values_list("product_id", "distance")[:limit])


def matches(
    asked: Prepared[tuple[int, float]], vector: Floats, filters: Filters, *settings: str
) -> list[Match]:
    found = asked(HalfVector(vector).to_text(), *settings, *filters.values)
    return [Match(product_id, 1.0 - distance) for product_id, distance in found]
