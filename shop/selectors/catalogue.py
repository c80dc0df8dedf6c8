"""Questions about what the shop sells: departments, lists, what a card shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import (
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    prefetch_related_objects,
)
from django.utils.translation import gettext_lazy as _

from shop.label_names import labels_named
from shop.models import Category, Product, ProductTag
from shop.models.catalogue import ProductQuerySet

TAGS_ON_A_CARD = 2
TAG_FACETS = 12

# A single five-star review should not stand above two hundred good ones: five reviews of 3.6 stars
# are added to each product's own.
PRIOR_REVIEWS, PRIOR_STARS = 5.0, 18.0

FAIR_STARS = ExpressionWrapper(
    (F("stars_total") + PRIOR_STARS) / (F("review_count") + PRIOR_REVIEWS), FloatField()
)
# Times 1.0, since SQLite keeps a round price as an integer and would divide it as one.
REDUCED_TO = ExpressionWrapper(F("selling_price") * 1.0 / F("original_price"), FloatField())


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
class Criteria:
    """What a shopper asks of a list."""

    text: str = ""
    tags: tuple[str, ...] = ()
    in_stock_only: bool = False
    sort: Sort = Sort.POPULAR
    category: Category | None = None


@dataclass(frozen=True, slots=True)
class TagFacet:
    """A tag that narrows a list to `products` products."""

    label: str
    products: int


@dataclass(frozen=True, slots=True)
class HomeShelves:
    popular: list[Product] = field(default_factory=list)
    newest: list[Product] = field(default_factory=list)
    reduced: list[Product] = field(default_factory=list)


def departments() -> "QuerySet[Category]":
    return Category.objects.open().filter(level=1)


def category_tree() -> "QuerySet[Category]":
    """The departments, each with its `open_children`, each of those with its own: three queries."""
    shelves = Prefetch("children", Category.objects.open(), to_attr="open_children")
    aisles = Prefetch("children", Category.objects.open().prefetch_related(shelves), to_attr="open_children")
    return departments().prefetch_related(aisles)


def department_tiles() -> "QuerySet[Category]":
    """The departments that sell something, each with the `cover` of its most loved product."""
    own = Product.objects.on_sale().filter(category__parent__parent=OuterRef("pk"))
    with_picture = own.exclude(cover="").order_by(*ORDERINGS[Sort.POPULAR])
    return departments().filter(Exists(own)).annotate(cover=Subquery(with_picture.values("cover")[:1]))


def home_shelves(size: int) -> HomeShelves:
    """`size` popular products and half as many of the other kinds, ready for cards: four queries in all."""
    products = Product.objects.on_sale()
    shelves = HomeShelves(
        popular=list(products.filter(review_count__gt=0).order_by(*ORDERINGS[Sort.POPULAR])[:size]),
        newest=list(products.order_by(*ORDERINGS[Sort.NEWEST])[: size // 2]),
        reduced=list(
            products.available()
            .filter(selling_price__lt=F("original_price"))
            .order_by(REDUCED_TO, "pk")[: size // 2]
        ),
    )
    prefetch_related_objects([*shelves.popular, *shelves.newest, *shelves.reduced], _top_tags())
    return shelves


def best_sellers(size: int) -> "QuerySet[Product]":
    """The most loved products that can be bought now, ready for cards."""
    products = Product.objects.available().order_by(*ORDERINGS[Sort.POPULAR])
    return products.prefetch_related(_top_tags())[:size]


def product_cards(product_ids: Sequence[int]) -> list[Product]:
    """The products of `product_ids` that are on sale, in that order, ready for cards: two queries."""
    rows = Product.objects.on_sale().filter(pk__in=product_ids).prefetch_related(_top_tags())
    found = {product.pk: product for product in rows}
    return [found[product_id] for product_id in product_ids if product_id in found]


def whole_products() -> ProductQuerySet:
    """With the categories that their page names; off sale or not."""
    return Product.objects.select_related("category__parent__parent")


def listed_products(criteria: Criteria) -> "QuerySet[Product]":
    """The products on sale that meet `criteria`, sorted, ready for cards."""
    return _matching(criteria).order_by(*ORDERINGS[criteria.sort]).prefetch_related(_top_tags())


def tag_facets(criteria: Criteria) -> list[TagFacet]:
    """The tags most of the listed products carry, without those chosen already."""
    rows = (
        ProductTag.objects.filter(product__in=_matching(criteria))
        .exclude(label__in=criteria.tags)
        .values("label")
        .annotate(products=Count("product"))
        .order_by("-products", "label")
    )
    return [TagFacet(row["label"], row["products"]) for row in rows[:TAG_FACETS]]


def open_subcategories(category: Category) -> "QuerySet[Category]":
    return category.children.filter(is_deleted=False).order_by("rank", "id")


def path_to(category: Category) -> tuple[Category, ...]:
    """From the department down to `category`; no query where its parents are joined."""
    return (*path_to(category.parent), category) if category.parent else (category,)


def _matching(criteria: Criteria) -> ProductQuerySet:
    products = Product.objects.on_sale()
    if criteria.category:
        products = products.filter(_within(criteria.category))
    for word in criteria.text.split():
        products = products.filter(_says(word))
    for label in criteria.tags:
        products = products.filter(Exists(ProductTag.objects.filter(product=OuterRef("pk"), label=label)))
    if criteria.in_stock_only:
        products = products.available()
    return products


def _within(category: Category) -> Q:
    below = {1: "category__parent__parent", 2: "category__parent", 3: "category"}
    return Q(**{below[category.level]: category})


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


def _top_tags() -> "Prefetch[str, QuerySet[ProductTag], str]":
    return Prefetch("tags", ProductTag.objects.filter(rank__lt=TAGS_ON_A_CARD), to_attr="top_tags")
