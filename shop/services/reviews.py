"""Writing reviews, and keeping the products' counts of them true."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from shop.exceptions import AlreadyReviewed, BuyingLocked, NotBought
from shop.models import Customer, Product, Review, TagMention
from shop.models.reviews import ReviewStatus
from shop.selectors.reviews import purchase_of
from shop.services.audit import Change, record, record_changes
from shop.services.customers import customer_for_update
from shop.services.outbox import tell_authors

AT_ONCE = 500  # reviews moderated in one transaction


def post_review(*, customer: Customer, product: Product, stars: int, title: str, body: str) -> Review:
    """A customer's review of a product that was sent to them; the setting REVIEW_MODERATION says whether it
    is published at once or held until somebody has read it.

    Raises NotBought, AlreadyReviewed for a second one of a product, BuyingLocked for a locked customer.
    """
    is_held = settings.REVIEW_MODERATION == "before"
    try:
        with transaction.atomic():
            _refuse_the_locked(customer_for_update(customer.pk))
            item = purchase_of(customer, product)
            if item is None:
                raise NotBought
            # The product first: a review's foreign key takes a shared lock on it, and two of those that
            # both want to become exclusive are a deadlock in InnoDB.
            _lock_products({product.pk})
            if not is_held:
                Product.objects.filter(pk=product.pk).update(
                    review_count=F("review_count") + 1, stars_total=F("stars_total") + stars
                )
            review = Review.objects.create(
                product=product, customer=customer, order_item=item, author_name=customer.display_name,
                stars=stars, title=title, body=body, is_verified_purchase=True,
                status=ReviewStatus.HELD if is_held else ReviewStatus.PUBLISHED,
            )  # fmt: skip
    except IntegrityError as error:
        earlier = Review.objects.filter(product=product, customer=customer).first()
        if earlier is None:
            raise
        raise AlreadyReviewed(earlier.pk) from error
    return review


@transaction.atomic
def rewrite_review(*, customer: Customer, review_id: int, stars: int, title: str, body: str) -> None:
    """One that was rejected waits for moderation again, as does every one where all are read before.

    Raises Review.DoesNotExist where it is not the customer's, BuyingLocked for a locked customer.
    """
    _refuse_the_locked(customer_for_update(customer.pk))
    review = _own_review_for_update(customer, review_id)
    is_held = review.status != ReviewStatus.PUBLISHED or settings.REVIEW_MODERATION == "before"
    if review.status == ReviewStatus.PUBLISHED:
        Product.objects.filter(pk=review.product_id).update(
            review_count=F("review_count") - is_held,
            stars_total=F("stars_total") - review.stars + (0 if is_held else stars),
        )
    status = ReviewStatus.HELD if is_held else ReviewStatus.PUBLISHED
    record(actor=customer, target=review, field="status", before=review.status, after=status)
    review.status = status
    review.stars, review.title, review.body = stars, title, body
    review.rejection_reason = review.rejection_note = ""
    review.save(
        update_fields=(
            "stars", "title", "body", "status", "rejection_reason", "rejection_note", "changed_at",
        )
    )  # fmt: skip


@transaction.atomic
def withdraw_review(*, customer: Customer, review_id: int) -> None:
    """Empty it for good; its author may write another. Raises Review.DoesNotExist where it is not theirs."""
    customer_for_update(customer.pk)
    _withdraw(_own_review_for_update(customer, review_id), customer)


def withdraw_reviews_of(customer: Customer) -> None:
    """All of them, within the caller's transaction and lock of the customer."""
    own = Review.objects.filter(customer=customer)
    _lock_products(set(own.values_list("product_id", flat=True)))
    for review in own.order_by("pk").select_for_update():
        _withdraw(review, customer)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a review, and where it is rejected, why."""

    status: ReviewStatus
    reason: str = ""  # of RejectionReason
    note: str = ""


def moderate_reviews(*, review_ids: Sequence[int], status: ReviewStatus, actor_id: int | None = None) -> int:
    """Give the reviews `status`; only published ones count in their products.

    Returns how many changed. Works in batches, each whole or not done at all.
    """
    return _moderate_all(review_ids, Verdict(status), actor_id)


def reject_reviews(*, review_ids: Sequence[int], reason: str, note: str, actor_id: int | None = None) -> int:
    """As `moderate_reviews`; their authors are told why, on their page and by mail."""
    return _moderate_all(review_ids, Verdict(ReviewStatus.REJECTED, reason, note), actor_id)


def _moderate_all(review_ids: Sequence[int], verdict: Verdict, actor_id: int | None) -> int:
    starts = range(0, len(review_ids), AT_ONCE)
    return sum(_moderate(review_ids[start : start + AT_ONCE], verdict, actor_id) for start in starts)


@transaction.atomic
def _moderate(review_ids: Sequence[int], verdict: Verdict, actor_id: int | None) -> int:
    status = verdict.status
    wanted = (
        Review.objects.filter(pk__in=review_ids)
        .exclude(status__in=(status, ReviewStatus.WITHDRAWN))
        .order_by("pk")
    )
    _lock_products({review.product_id for review in wanted.only("product_id")})
    changing = list(wanted.select_for_update())
    Review.objects.filter(pk__in=[review.pk for review in changing]).update(
        status=status,
        rejection_reason=verdict.reason,
        rejection_note=verdict.note,
        changed_at=timezone.now(),
    )
    changes = [Change(review, "status", review.status, status) for review in changing]
    record_changes(changes, actor_id=actor_id)
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
    if verdict.reason:
        rejected = Review.objects.filter(pk__in=[review.pk for review in changing])
        tell_authors(rejected.select_related("customer", "product"), "review_rejected")
    return len(changing)


def _refuse_the_locked(customer: Customer) -> None:
    if customer.is_locked:
        raise BuyingLocked


def _own_review_for_update(customer: Customer, review_id: int) -> Review:
    review = Review.objects.get(pk=review_id, customer=customer)
    _lock_products({review.product_id})
    return Review.objects.select_for_update().get(pk=review_id, customer=customer)


def _withdraw(review: Review, author: Customer) -> None:
    """The row stays: readers of the feed would never hear of a review that is gone."""
    if review.status == ReviewStatus.PUBLISHED:
        Product.objects.filter(pk=review.product_id).update(
            review_count=F("review_count") - 1, stars_total=F("stars_total") - review.stars
        )
    record(actor=author, target=review, field="status", before=review.status, after=ReviewStatus.WITHDRAWN)
    TagMention.objects.filter(review=review).delete()
    Review.objects.filter(pk=review.pk).update(
        status=ReviewStatus.WITHDRAWN, customer=None, order_item=None, author_name="", title="", body="",
        rejection_reason="", rejection_note="", changed_at=timezone.now(),
    )  # fmt: skip


def _lock_products(product_ids: Collection[int]) -> None:
    list(Product.objects.filter(pk__in=product_ids).order_by("pk").select_for_update().values_list("pk"))
