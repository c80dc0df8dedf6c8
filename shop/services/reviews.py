"""Writing reviews, and keeping the products' counts of them true."""

from django.db import IntegrityError, transaction
from django.db.models import F

from shop.exceptions import AlreadyReviewed, BuyingLocked
from shop.models import Customer, Product, Review


def post_review(*, customer: Customer, product: Product, stars: int, title: str, body: str) -> Review:
    """Publish a customer's review of a product.

    Raises AlreadyReviewed for a second one of the same product, BuyingLocked for a locked customer.
    """
    if customer.is_locked:
        raise BuyingLocked
    try:
        with transaction.atomic():
            review = Review.objects.create(
                product=product, customer=customer, author_name=customer.display_name,
                stars=stars, title=title, body=body,
            )  # fmt: skip
            Product.objects.filter(pk=product.pk).update(
                review_count=F("review_count") + 1, stars_total=F("stars_total") + stars
            )
    except IntegrityError as error:
        earlier = Review.objects.filter(product=product, customer=customer).first()
        if earlier is None:
            raise
        raise AlreadyReviewed(earlier.pk) from error
    return review
