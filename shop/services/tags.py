"""The one door through which the recommender writes to the shop."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from shop.models import Product, ProductTag, Review, TagMention

FACTS = ("polarity", "count", "share", "rank")


@dataclass(frozen=True, slots=True)
class TagToPublish:
    label: str
    polarity: int
    count: int
    share: float
    review_ids: tuple[int, ...]


def publish_tags(*, product_id: int, tags: Sequence[TagToPublish]) -> bool:
    """Make `tags`, in this order, the product's tags, and write only what differs.

    A tag that stays keeps its row. Reviews that the shop no longer has are passed over.
    Returns False where the product itself is gone.
    """
    with transaction.atomic():
        if not Product.objects.select_for_update().filter(pk=product_id).exists():
            return False
        rows = _replace_tags(product_id, tags)
        _replace_mentions(
            product_id, {(rows[tag.label], review_id) for tag in tags for review_id in tag.review_ids}
        )
    return True


def _replace_tags(product_id: int, tags: Sequence[TagToPublish]) -> dict[str, int]:
    """Returns the ids of their rows by label."""
    rows = ProductTag.objects.filter(product_id=product_id)
    present = {row.label: row for row in rows}
    wanted = {tag.label: _row(product_id, rank, tag) for rank, tag in enumerate(tags)}
    if gone := [row.pk for label, row in present.items() if label not in wanted]:
        ProductTag.objects.filter(pk__in=gone).delete()
    for label in wanted.keys() & present.keys():
        wanted[label].pk = present[label].pk
    changed = [row for label, row in wanted.items() if row.pk and _facts(row) != _facts(present[label])]
    if changed:
        ProductTag.objects.bulk_update(changed, FACTS)
    if new := [row for row in wanted.values() if not row.pk]:
        ProductTag.objects.bulk_create(new)
        return dict(rows.values_list("label", "pk"))  # MySQL does not say them of new rows
    return {label: row.pk for label, row in wanted.items()}


def _row(product_id: int, rank: int, tag: TagToPublish) -> ProductTag:
    return ProductTag(
        product_id=product_id, label=tag.label, polarity=tag.polarity, count=tag.count, share=tag.share,
        rank=rank,
    )  # fmt: skip


def _facts(row: ProductTag) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in FACTS)


def _replace_mentions(product_id: int, wanted: set[tuple[int, int]]) -> None:
    """Pairs of a tag's id and a review's."""
    mentions = TagMention.objects.filter(tag__product_id=product_id)
    present = {
        (tag_id, review_id): pk for pk, tag_id, review_id in mentions.values_list("pk", "tag_id", "review_id")
    }
    if gone := [pk for pair, pk in present.items() if pair not in wanted]:
        TagMention.objects.filter(pk__in=gone).delete()
    if new := wanted - present.keys():
        reviews = Review.objects.filter(product_id=product_id, pk__in={review_id for _, review_id in new})
        known = set(reviews.values_list("pk", flat=True))
        TagMention.objects.bulk_create(
            [TagMention(tag_id=tag, review_id=review) for tag, review in sorted(new) if review in known]
        )
