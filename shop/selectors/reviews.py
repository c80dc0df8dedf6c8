"""Questions about reviews and what they say."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet

from shop.models import Customer, OrderItem, Product, ProductPicture, ProductTag, Review, TagMention
from shop.models.catalogue import ProductQuerySet
from shop.models.orders import SENT
from shop.remembering import LIST_SECONDS, remembered

STARS = (5, 4, 3, 2, 1)


@dataclass(frozen=True, slots=True)
class StarBar:
    stars: int
    count: int
    percent: int  # of all the product's reviews, rounded


@dataclass(frozen=True, slots=True)
class ProductParts:
    """What a product's page shows beside the product and its reviews."""

    bars: list[StarBar]
    tags: list[ProductTag]
    pictures: list[ProductPicture]


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """What a shopper asks of a product's reviews."""

    tag: str = ""
    stars: int | None = None

    def __bool__(self) -> bool:
        return bool(self.tag or self.stars)


def published_reviews(product: Product, wanted: ReviewFilter) -> "QuerySet[Review]":
    """Newest first, with the tags that each mentions."""
    reviews = product.reviews.filter(status="published")
    if wanted.tag:
        reviews = reviews.filter(mentions__tag__label=wanted.tag, mentions__tag__product=product)
    if wanted.stars:
        reviews = reviews.filter(stars=wanted.stars)
    mentions = TagMention.objects.select_related("tag").order_by("tag__rank")
    return reviews.prefetch_related(Prefetch("mentions", mentions)).order_by("-created_at", "-pk")


def count_of(wanted: ReviewFilter, bars: Sequence[StarBar]) -> int | None:
    """How many reviews `published_reviews` has, as far as the star distribution tells."""
    if wanted.tag:
        return None
    return sum(bar.count for bar in bars if wanted.stars in (None, bar.stars))


def star_distribution(product: Product) -> list[StarBar]:
    """Five bars, five stars first."""
    rows = product.reviews.filter(status="published").order_by().values("stars").annotate(n=Count("pk"))
    counts = {row["stars"]: row["n"] for row in rows}
    total = sum(counts.values()) or 1
    return [
        StarBar(stars, counts.get(stars, 0), round(100 * counts.get(stars, 0) / total)) for stars in STARS
    ]


def product_parts(product: Product) -> ProductParts:
    """At most LIST_SECONDS old, and of the reviews that the product has now."""
    of = product.pk, product.changed_at, product.review_count, product.stars_total
    return remembered("product parts", of, LIST_SECONDS, lambda: _product_parts(product))


def _product_parts(product: Product) -> ProductParts:
    return ProductParts(
        star_distribution(product), list(published_tags(product)), list(product.pictures.all())
    )


def published_tags(product: Product) -> "QuerySet[ProductTag]":
    return product.tags.order_by("rank", "pk")


def products_for(customer_id: int | None) -> ProductQuerySet:
    """Products with all that stands above them; of each, whether the customer was sent it and reviewed it."""
    own = Review.objects.filter(product=OuterRef("pk"), customer=customer_id or 0)
    sent = OrderItem.objects.filter(
        product=OuterRef("pk"), order__customer=customer_id or 0, order__status__in=SENT
    )
    products = Product.objects.select_related("category__parent__parent")
    return products.annotate(is_reviewed=Exists(own), is_bought=Exists(sent))


def purchase_of(customer: Customer, product: Product) -> OrderItem | None:
    """The latest line of an order by which the product was sent to the customer."""
    sent = OrderItem.objects.filter(product=product, order__customer=customer, order__status__in=SENT)
    return sent.order_by("-pk").first()


def reviews_by(customer: Customer) -> "QuerySet[Review]":
    """Newest first, with their products."""
    return customer.reviews.select_related("product").order_by("-created_at", "-pk")
