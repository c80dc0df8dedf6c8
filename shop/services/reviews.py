"""Writing reviews, and keeping the products' counts of them true."""

from collections import Counter
from collections.abc import Collection, Sequence

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from shop.exceptions import AlreadyReviewed, BuyingLocked
from shop.models import Customer, Product, Review
from shop.models.reviews import ReviewStatus

AT_ONCE = 500  # reviews moderated in one transaction


def post_review(*, customer: Customer, product: Product, stars: int, title: str, body: str) -> Review:
    """Publish a customer's review of a product.

    Raises AlreadyReviewed for a second one of the same product, BuyingLocked for a locked customer.
    """
    if customer.is_locked:
        raise BuyingLocked
    try:
        with transaction.atomic():
            # The product first: a review's foreign key takes a shared lock on it, and two of those that
            # both want to become exclusive are a deadlock in InnoDB.
            Product.objects.filter(pk=product.pk).update(
                review_count=F("review_count") + 1, stars_total=F("stars_total") + stars
            )
            review = Review.objects.create(
                product=product, customer=customer, author_name=customer.display_name,
                stars=stars, title=title, body=body,
            )  # fmt: skip
    except IntegrityError as error:
        earlier = Review.objects.filter(product=product, customer=customer).first()
        if earlier is None:
            raise
        raise AlreadyReviewed(earlier.pk) from error
    return review


def moderate_reviews(*, review_ids: Sequence[int], status: ReviewStatus) -> int:
    """Give the reviews `status`; only published ones count in their products.

    Returns how many changed. Works in batches, each whole or not done at all.
    """
    starts = range(0, len(review_ids), AT_ONCE)
    return sum(_moderate(review_ids[start : start + AT_ONCE], status) for start in starts)


@transaction.atomic
def _moderate(review_ids: Sequence[int], status: ReviewStatus) -> int:
    wanted = Review.objects.filter(pk__in=review_ids).exclude(status=status).order_by("pk")
    _lock_products({review.product_id for review in wanted.only("product_id")})
    changing = list(wanted.select_for_update())
    Review.objects.filter(pk__in=[review.pk for review in changing]).update(
        status=status, changed_at=timezone.now()
    )
    reviews: Counter[int] = Counter()
    stars: Counter[int] = Counter()
    for review in changing:
        change = (status == ReviewStatus.PUBLISHED) - (review.status == ReviewStatus.PUBLISHED)
        reviews[review.product_id] += change
        stars[review.product_id] += change * review.stars
    for product_id, change in reviews.items():
        Product.objects.filter(pk=product_id).update(
            review_count=F("review_count") + change, stars_total=F("stars_total") + stars[product_id]
        )
    return len(changing)


def _lock_products(product_ids: Collection[int]) -> None:
    list(Product.objects.filter(pk__in=product_ids).order_by("pk").select_for_update().values_list("pk"))
