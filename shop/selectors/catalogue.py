"""Questions about what the shop sells: departments, lists, what a card shows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from operator import and_
from typing import overload

from django.db.models import (
    Case,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    TextChoices,
    When,
)
from django.utils.translation import gettext_lazy as _

from shop import search_box
from shop.exceptions import FinderSilent
from shop.label_names import labels_named
from shop.models import Category, Product, ProductTag
from shop.models.catalogue import ProductQuerySet
from shop.prepared import Prepared
from shop.remembering import LIST_SECONDS, remembered
from shop.search_box import Found

TAGS_ON_A_CARD = 2
MOST_NAMED = 1_000  # ids in one statement
FITTEST = 96  # whose order is kept: four pages
NAMED_SO, NAMED_LIKE = ("iexact",), ("iexact", "istartswith", "icontains")
SUGGESTED = 6
SHORTEST_TYPED = 2  # letters

# A single five-star review should not stand above two hundred good ones: five reviews of 3.6 stars
# are added to each product's own.
PRIOR_REVIEWS, PRIOR_STARS = 5.0, 18.0

FAIR_STARS = ExpressionWrapper(
    (F("stars_total") + PRIOR_STARS) / (F("review_count") + PRIOR_REVIEWS), FloatField()
)
IN_STOCK = Q(on_hand__gt=F("allocated"))


class Sort(TextChoices):
    POPULAR = "popular", _("Most loved")
    NEWEST = "newest", _("Newest")
    CHEAPEST = "price", _("Price, low to high")
    DEAREST = "-price", _("Price, high to low")
    STARS = "stars", _("Best stars")


ORDERINGS = {
    Sort.POPULAR: ("-review_count", "-stars_total", "pk"),
    Sort.NEWEST: ("-created_at", "-pk"),
    Sort.CHEAPEST: (F("selling_price").asc(nulls_last=True), "pk"),
    Sort.DEAREST: (F("selling_price").desc(nulls_last=True), "pk"),
    Sort.STARS: (FAIR_STARS.desc(), "pk"),
}


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Prices from `lowest` to below `limit`, or to any where that is None."""

    lowest: int
    limit: int | None

    @property
    def key(self) -> str:
        """`10-20`, in addresses."""
        return f"{self.lowest}-{self.limit or ''}"

    @property
    def condition(self) -> Q:
        below = Q() if self.limit is None else Q(selling_price__lt=Decimal(self.limit))
        return Q(selling_price__gte=Decimal(self.lowest)) & below


PRICE_BANDS = (
    PriceBand(0, 10),
    PriceBand(10, 20),
    PriceBand(20, 50),
    PriceBand(50, 100),
    PriceBand(100, None),
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a shopper asks of a list: of brands and prices any will do, of tags all must be there."""

    text: str = ""
    tags: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    prices: tuple[PriceBand, ...] = ()
    least_stars: int | None = None
    department_id: int | None = None
    in_stock_only: bool = False
    sort: Sort = Sort.POPULAR
    category: Category | None = None
    is_literal: bool = False  # the words as they are written, mistyped or not
    named: tuple[int, ...] | None = None  # the ids of the products that say `text`, from `looked_up`
    found: Found | None = None  # what a finder says of `text`, where one does

    @property
    def asked(self) -> object:
        """What was asked, by which an answer may be remembered: without what was looked up for it."""
        category_id = self.category and self.category.pk
        return replace(self, category=None, named=None, found=None), category_id

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was chosen beside the words or the category."""
        return bool(
            self.tags
            or self.brands
            or self.prices
            or self.least_stars
            or self.department_id
            or self.in_stock_only
        )


def departments() -> "QuerySet[Category]":
    return Category.objects.open().filter(level=1)


def shown_departments() -> list[Category]:
    """Those in the head of every page, at most LIST_SECONDS old."""
    return remembered("departments", "", LIST_SECONDS, lambda: list(departments()))


def category_tree() -> "QuerySet[Category]":
    """The departments, each with its `open_children`, each of those with its own: three queries."""
    shelves = Prefetch("children", Category.objects.open(), to_attr="open_children")
    aisles = Prefetch("children", Category.objects.open().prefetch_related(shelves), to_attr="open_children")
    return departments().prefetch_related(aisles)


ON_SALE = Prepared[Product](lambda *ids: Product.objects.on_sale().without_texts().filter(pk__in=ids))


def best_sellers(size: int) -> "QuerySet[Product]":
    """The most loved products that can be bought now, for cards that say why they are shown."""
    return Product.objects.available().order_by(*ORDERINGS[Sort.POPULAR])[:size]


def product_cards(product_ids: Sequence[int]) -> list[Product]:
    """The products of `product_ids` that are on sale, in that order, for cards that say why they are shown.

    Such cards show no tags.
    """
    found = {product.pk: product for product in ON_SALE(*product_ids)} if product_ids else {}
    return [found[product_id] for product_id in product_ids if product_id in found]


def whole_products() -> ProductQuerySet:
    """With the categories that their page names; off sale or not."""
    return Product.objects.select_related("category__parent__parent")


def listed_products(criteria: Criteria) -> "QuerySet[Product]":
    """The products on sale that meet `criteria`, sorted, ready for cards.

    Of a search, those that are called just so stand first, then those that fit best, or without a finder
    those whose name has the words as they were written; any other order than the usual is kept to strictly.
    """
    products = matching(criteria).order_by(*ORDERINGS[criteria.sort])
    if criteria.text and criteria.sort == Sort.POPULAR:
        fitness = _by_fit(criteria.found) if criteria.found else ()
        called = _by_name(" ".join(criteria.text.split()), NAMED_SO if criteria.found else NAMED_LIKE)
        products = products.order_by(called, *fitness, *ORDERINGS[criteria.sort])
    return products.prefetch_related(top_tags())


class ListedProducts(Sequence[Product]):
    """A list as its pages show it: which products stand on a page is at most LIST_SECONDS old, but not what
    they cost, and whether they are to be had. One that is no longer sold is left out."""

    def __init__(self, criteria: Criteria, total: int) -> None:
        self._criteria, self._total = criteria, total

    def __len__(self) -> int:
        return self._total

    @overload
    def __getitem__(self, place: int) -> Product: ...
    @overload
    def __getitem__(self, place: slice) -> list[Product]: ...
    def __getitem__(self, place: int | slice) -> Product | list[Product]:
        if isinstance(place, int):
            return self[place : place + 1][0]
        just_read: list[Product] = []

        def ask() -> list[int]:
            just_read.extend(listed_products(self._criteria)[place])
            return [product.pk for product in just_read]

        ids = remembered("listed", (self._criteria.asked, place.start, place.stop), LIST_SECONDS, ask)
        if just_read or not ids:
            return just_read
        return tagged(product_cards(ids))


def looked_up(criteria: Criteria) -> Criteria:
    """Criteria that name the products that fit the words; at most LIST_SECONDS old.

    A finder knows them. Where it is silent, the database looks, and they are named where they are few: no
    index helps it, each query that looks for words reads every name, and a page makes four.
    """
    if not criteria.text:
        return criteria
    asked = (" ".join(criteria.text.split()), criteria.is_literal)
    try:
        found = remembered("found", asked, LIST_SECONDS, lambda: search_box.found(*asked))
    except FinderSilent:
        return _looked_up_by_database(criteria)
    return replace(criteria, named=found.product_ids[:MOST_NAMED], found=found)


def _looked_up_by_database(criteria: Criteria) -> Criteria:

    def ids() -> tuple[int, ...]:
        found = Product.objects.on_sale().filter(_said(criteria)).order_by()
        return tuple(found.values_list("pk", flat=True)[: MOST_NAMED + 1])

    named = remembered("named", criteria.text.split(), LIST_SECONDS, ids)
    return replace(criteria, named=named) if len(named) <= MOST_NAMED else criteria


def suggested_products(text: str) -> list[Product]:
    """A few whose names hold what somebody has typed so far, those that begin with it first."""
    typed = " ".join(text.split())
    if len(typed) < SHORTEST_TYPED and typed.isascii():
        return []  # one Chinese character says more than one letter

    def ask() -> list[Product]:
        named = Product.objects.available().filter(Q(name__icontains=typed) | Q(name_zh__icontains=typed))
        return list(named.order_by(_by_name(typed, NAMED_LIKE), *ORDERINGS[Sort.POPULAR])[:SUGGESTED])

    return remembered("suggested", typed, LIST_SECONDS, ask)


def open_subcategories(category: Category) -> "QuerySet[Category]":
    return category.children.filter(is_deleted=False).order_by("rank", "id")


def path_to(category: Category) -> tuple[Category, ...]:
    """From the department down to `category`; no query where its parents are joined."""
    return (*path_to(category.parent), category) if category.parent else (category,)


def matching(criteria: Criteria) -> ProductQuerySet:
    """The products on sale that meet `criteria`, in no order."""
    products = Product.objects.on_sale().order_by()
    if criteria.category:
        products = products.filter(_within(criteria.category))
    if criteria.department_id:
        products = products.filter(category__parent__parent=criteria.department_id)
    if criteria.text:
        products = products.filter(
            Q(pk__in=criteria.named) if criteria.named is not None else _said(criteria)
        )
    for label in criteria.tags:
        products = products.filter(Exists(ProductTag.objects.filter(product=OuterRef("pk"), label=label)))
    if criteria.brands:
        products = products.filter(brand__in=criteria.brands)
    return products.filter(priced(criteria.prices), starred(criteria.least_stars), stocked(criteria))


def priced(bands: Sequence[PriceBand]) -> Q:
    """In one of `bands`; any price, or none, where there are none."""
    condition = Q()
    for band in bands:
        condition |= band.condition
    return condition


def starred(least: int | None) -> Q:
    """Reviewed, with `least` stars or more on average."""
    return Q() if least is None else Q(review_count__gt=0, stars_total__gte=F("review_count") * least)


def stocked(criteria: Criteria) -> Q:
    return IN_STOCK if criteria.in_stock_only else Q()


def _within(category: Category) -> Q:
    below = {1: "category__parent__parent", 2: "category__parent", 3: "category"}
    return Q(**{below[category.level]: category})


def _by_name(text: str, lookups: Sequence[str]) -> Case:
    """0 for products whose name is `text` by the first of the lookups, 1 by the second, and so on."""
    cases = [
        When(Q(**{f"name__{lookup}": text}) | Q(**{f"name_zh__{lookup}": text}), then=rank)
        for rank, lookup in enumerate(lookups)
    ]
    return Case(*cases, default=len(lookups))


def _by_fit(found: Found) -> tuple[Case, ...]:
    """The place of those found first; far behind them all are alike, and what is loved most counts."""
    places = enumerate(found.product_ids[:FITTEST])
    cases = [When(pk=product_id, then=place) for place, product_id in places]
    return (Case(*cases, default=FITTEST),) if cases else ()


def _said(criteria: Criteria) -> Q:
    return reduce(and_, map(_says, criteria.text.split()), Q())


def _says(word: str) -> Q:
    labels = ProductTag.objects.filter(
        Q(label__icontains=word) | Q(label__in=labels_named(word)), product=OuterRef("pk")
    )
    return (
        Q(name__icontains=word)
        | Q(name_zh__icontains=word)
        | Q(brand__icontains=word)
        | Q(category__name__icontains=word)
        | Q(category__name_zh__icontains=word)
        | Q(Exists(labels))
    )


def top_tags() -> "Prefetch[str, QuerySet[ProductTag], str]":
    """What a card shows of them."""
    return Prefetch("tags", ProductTag.objects.filter(rank__lt=TAGS_ON_A_CARD), to_attr="top_tags")


TOP_TAGS = Prepared[ProductTag](
    lambda *product_ids: ProductTag.objects.filter(rank__lt=TAGS_ON_A_CARD, product__in=product_ids)
)


def tagged(products: list[Product]) -> list[Product]:
    """Them, with what `top_tags` fetches."""
    tags: dict[int, list[ProductTag]] = defaultdict(list)
    for tag in TOP_TAGS(*(product.pk for product in products)) if products else ():
        tags[tag.product_id].append(tag)
    for product in products:
        product.top_tags = tags[product.pk]  # type: ignore[attr-defined]
    return products
