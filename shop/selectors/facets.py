"""What narrows a list further, with how many products each choice would leave.

A choice of a facet is counted in the list as if nothing were chosen of that facet, so that it says what
choosing it instead would show. Tags add up: each is counted among the products that carry those chosen.
Three queries, however long the list is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from django.db.models import Count, F, Q, QuerySet, Value

from shop.models import Category, ProductTag
from shop.remembering import LIST_SECONDS, remembered
from shop.selectors.catalogue import (
    IN_STOCK,
    PRICE_BANDS,
    Criteria,
    PriceBand,
    Sort,
    matching,
    open_subcategories,
    priced,
    shown_departments,
    starred,
    stocked,
)

LEAST_STARS = (4, 3, 2)
MOST_CHOICES = 12  # of brands, and of tags

ValueT = TypeVar("ValueT")
Counts = dict[Any, int]


@dataclass(frozen=True, slots=True)
class Choice(Generic[ValueT]):
    """One value of a facet; `products` have it."""

    value: ValueT
    products: int
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Facets:
    total: int  # products in the list itself
    in_stock: int
    categories: list[Choice[Category]]  # departments of a search, what stands below a category
    prices: list[Choice[PriceBand]]
    stars: list[Choice[int]]
    brands: list[Choice[str]]
    tags: list[Choice[str]]


def facets_of(criteria: Criteria) -> Facets:
    """At most LIST_SECONDS old: the counts of a large catalogue take longer than the page itself."""
    asked = replace(criteria, sort=Sort.POPULAR).asked
    return remembered("facets", asked, LIST_SECONDS, lambda: _counted(criteria))


def _counted(criteria: Criteria) -> Facets:
    counts, groups = _counts(criteria), _groups(criteria)
    return Facets(
        total=counts["total"],
        in_stock=counts["in_stock"],
        categories=_categories(criteria, groups["category"]),
        prices=_worth_showing((band, counts[band], band in criteria.prices) for band in PRICE_BANDS),
        stars=_worth_showing((least, counts[least], least == criteria.least_stars) for least in LEAST_STARS),
        brands=_most_frequent(groups["brand"], criteria.brands),
        tags=_most_frequent(groups["tag"], criteria.tags),
    )


def _counts(criteria: Criteria) -> Counts:
    """What needs no groups, counted in one pass: by price band, by least stars, and as a whole."""
    price, stars, stock = priced(criteria.prices), starred(criteria.least_stars), stocked(criteria)
    conditions: dict[Any, Q] = {"total": price & stars & stock, "in_stock": price & stars & IN_STOCK}
    conditions |= {band: band.condition & stars & stock for band in PRICE_BANDS}
    conditions |= {least: starred(least) & price & stock for least in LEAST_STARS}
    products = matching(replace(criteria, prices=(), least_stars=None, in_stock_only=False))
    row = products.aggregate(
        **{f"n{place}": Count("pk", filter=condition) for place, condition in enumerate(conditions.values())}
    )
    return dict(zip(conditions, row.values(), strict=True))


def _groups(criteria: Criteria) -> dict[str, Counts]:
    """Products by brand, tag and category id: one query, whose parts have the same columns."""
    below = {None: "category__parent__parent", 1: "category__parent", 2: "category", 3: "category"}
    level = criteria.category.level if criteria.category else None
    brands = matching(replace(criteria, brands=())).exclude(brand="").values(text=F("brand"), row=Value(0))
    # Not by a join from the products: SQLite would search their texts once for each tag.
    tags = (
        ProductTag.objects.order_by()
        .filter(product__in=matching(criteria))
        .values(text=F("label"), row=Value(0))
    )
    categories = matching(replace(criteria, department_id=None)).values(
        text=Value(""), row=F(f"{below[level]}_id")
    )
    parts: list[QuerySet[Any, Any]] = [
        part.annotate(facet=Value(facet), products=Count("pk")).values_list(
            "facet", "text", "row", "products"
        )
        for facet, part in (("brand", brands), ("tag", tags), ("category", categories))
    ]
    groups: dict[str, Counts] = {"brand": {}, "tag": {}, "category": {}}
    for facet, text, row, products in parts[0].union(*parts[1:], all=True):
        groups[facet][text or row] = products
    return groups


def _categories(criteria: Criteria, counts: Counts) -> list[Choice[Category]]:
    rows = open_subcategories(criteria.category) if criteria.category else shown_departments()
    return [
        Choice(row, counts.get(row.pk, 0), row.pk == criteria.department_id)
        for row in rows
        if criteria.category or row.pk in counts or row.pk == criteria.department_id
    ]


def _most_frequent(counts: Counts, chosen: Sequence[str]) -> list[Choice[str]]:
    """Those chosen, and after them the most frequent others."""
    others = sorted(counts.keys() - set(chosen), key=lambda text: (-counts[text], text))
    return [Choice(text, counts.get(text, 0), is_chosen=True) for text in chosen] + [
        Choice(text, counts[text]) for text in others[: max(0, MOST_CHOICES - len(chosen))]
    ]


def _worth_showing(choices: Iterable[tuple[ValueT, int, bool]]) -> list[Choice[ValueT]]:
    """Without those that would leave nothing."""
    return [Choice(value, n, is_chosen) for value, n, is_chosen in choices if n or is_chosen]
