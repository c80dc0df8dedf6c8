"""Products near a vector among those that pass the filters. Never fewer than match.

An HNSW index looks at the nearest rows first and filters afterwards: where few rows pass, it runs dry before
it has found four. A router asks the planner how many will pass, which costs no count, and where they are few
it compares them all.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from django.contrib.postgres.search import SearchQuery
from django.db import connections, transaction
from django.db.models import F, QuerySet
from pgvector import HalfVector
from pgvector.django import CosineDistance

from recommender.embedding import Floats
from recommender.models import ProductEntry

ByDistance: TypeAlias = "QuerySet[Any, Any]"  # of product entries, with their `distance`

# Measured: docs/benchmarks/search.md.
FEW_ROWS = 12_000  # up to here comparing every row is faster than walking the index, and exact
EF_SEARCH = 120
MOST_SCANNED = 40_000  # rows that an iterative scan may look at before it gives up


@dataclass(frozen=True, slots=True)
class Filters:
    """What a product must be to be recommended at all: available, and what is said here."""

    without: frozenset[int] = frozenset()  # product ids
    category_id: int | None = None  # of any level
    at_most: Decimal | None = None  # price
    at_least: Decimal | None = None  # price
    without_terms: tuple[str, ...] = ()  # of what it holds: stems, and Chinese characters and pairs of them

    def rows(self) -> "QuerySet[ProductEntry]":
        rows = ProductEntry.objects.filter(is_available=True, embedding__isnull=False)
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
            rows = rows.exclude(holds=held)
        return rows


@dataclass(frozen=True, slots=True)
class Match:
    product_id: int
    similarity: float  # cosine, -1 to 1


def nearest(vector: Floats, filters: Filters, limit: int) -> list[Match]:
    """The `limit` products most like `vector`, the likest first; fewer only where fewer pass the filters."""
    rows = filters.rows().annotate(distance=CosineDistance("embedding", HalfVector(vector)))
    if expected(filters.rows()) <= FEW_ROWS:
        return compared(rows, limit)
    found = walked(rows, limit)
    return found if len(found) == limit else compared(rows, limit)


def expected(rows: "QuerySet[ProductEntry]") -> int:
    """How many rows the planner thinks there are, from its statistics. It errs; no answer depends on it."""
    plan = json.loads(rows.values("pk").explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])


def compared(rows: ByDistance, limit: int) -> list[Match]:
    """Exactly the nearest, equally near ones by id: the sum keeps the planner from the index."""
    return matches(rows.order_by(F("distance") + 0.0, "product_id"), limit)


def walked(rows: ByDistance, limit: int) -> list[Match]:
    """Nearly the nearest, from the HNSW index, which goes on until enough rows passed the filters."""
    with transaction.atomic(using="recommender"), connections["recommender"].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('hnsw.iterative_scan', 'strict_order', true),"
            " set_config('hnsw.ef_search', %s, true), set_config('hnsw.max_scan_tuples', %s, true)",
            [str(EF_SEARCH), str(MOST_SCANNED)],
        )
        return matches(rows.order_by("distance"), limit)


def matches(rows: ByDistance, limit: int) -> list[Match]:
    found = rows.values_list("product_id", "distance")[:limit]
    return [Match(product_id, 1.0 - distance) for product_id, distance in found]
