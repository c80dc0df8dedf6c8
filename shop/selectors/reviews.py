"""Questions about reviews and what they say."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet

from shop.models import Customer, OrderItem, Product, ProductPicture, ProductTag, Review, TagMention
from shop.models.catalogue import ProductQuerySet
from shop.models.orders import SENT
from shop.prepared import Prepared
from shop.remembering import LIST_SECONDS, remembered

STARS = (5, 4, 3, 2, 1)
REVIEWS_ON_A_PAGE = 10


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
    mentions = TagMention.objects.select_related("tag").order_by("tag__rank")
    return _published(product.pk, wanted).prefetch_related(Prefetch("mentions", mentions))


def _published(product_id: int, wanted: ReviewFilter) -> "QuerySet[Review]":
    reviews = Review.objects.filter(product=product_id, status="published")
    if wanted.tag:
        reviews = reviews.filter(mentions__tag__label=wanted.tag, mentions__tag__product=product_id)
    if wanted.stars:
        reviews = reviews.filter(stars=wanted.stars)
    return reviews.order_by("-created_at", "-pk")


LATEST_OF = Prepared[Review](lambda product_id: _published(product_id, ReviewFilter())[:REVIEWS_ON_A_PAGE])
SAID_IN = Prepared[tuple[int, str]](
    lambda *review_ids: (
        TagMention.objects.filter(review__in=review_ids)
        .order_by("tag__rank")
        .values_list("review_id", "tag__label")
    )
)


class ShownReviews(Sequence[Review]):
    """The same as a page shows them, each with the labels that it `says`."""

    def __init__(self, product: Product, wanted: ReviewFilter, count: int | None) -> None:
        """`count` is how many they are, None where that is still to be counted."""
        self._product, self._wanted, self._count = product, wanted, count

    def __len__(self) -> int:
        if self._count is None:
            self._count = _published(self._product.pk, self._wanted).count()
        return self._count

    @overload
    def __getitem__(self, place: int) -> Review: ...
    @overload
    def __getitem__(self, place: slice) -> list[Review]: ...
    def __getitem__(self, place: int | slice) -> Review | list[Review]:
        if isinstance(place, int):
            return self[place : place + 1][0]
        if not self._wanted and place == slice(0, REVIEWS_ON_A_PAGE):
            found = LATEST_OF(self._product.pk)
        else:
            found = list(_published(self._product.pk, self._wanted)[place])
        return with_labels(found)


def with_labels(reviews: list[Review]) -> list[Review]:
    """Them, each with the labels that it `says`, the product's commonest first."""
    said: dict[int, list[str]] = defaultdict(list)
    for review_id, label in SAID_IN(*(review.pk for review in reviews)) if reviews else ():
        said[review_id].append(label)
    for review in reviews:
        review.says = said[review.pk]  # type: ignore[attr-defined]
    return reviews


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


def _product_for(customer_id: int, product_id: int) -> ProductQuerySet:
    own = Review.objects.filter(product=OuterRef("pk"), customer=customer_id)
    sent = OrderItem.objects.filter(
        product=OuterRef("pk"), order__customer=customer_id, order__status__in=SENT
    )
    products = Product.objects.filter(pk=product_id).select_related("category__parent__parent")
    return products.annotate(is_reviewed=Exists(own), is_bought=Exists(sent))


PRODUCT_FOR = Prepared[Product](_product_for)


def product_for(customer_id: int | None, product_id: int) -> Product:
    """With all that stands above it, and whether the customer was sent it and reviewed it.

    Raises Product.DoesNotExist.
    """
    for product in PRODUCT_FOR(customer_id or 0, product_id):
        return product
    raise Product.DoesNotExist


def purchase_of(customer: Customer, product: Product) -> OrderItem | None:
    """The latest line of an order by which the product was sent to the customer."""
    sent = OrderItem.objects.filter(product=product, order__customer=customer, order__status__in=SENT)
    return sent.order_by("-pk").first()


def reviews_by(customer: Customer) -> "QuerySet[Review]":
    """Newest first, with their products."""
    return customer.reviews.select_related("product").order_by("-created_at", "-pk")
