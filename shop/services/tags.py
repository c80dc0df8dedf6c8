"""The one door through which the recommender writes to the shop."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from shop.models import Product, ProductTag, Review, TagMention


@dataclass(frozen=True, slots=True)
class TagToPublish:
    label: str
    polarity: int
    count: int
    share: float
    review_ids: tuple[int, ...]


def publish_tags(*, product_id: int, tags: Sequence[TagToPublish]) -> bool:
    """Make `tags`, in this order, the product's tags; publishing the same twice changes nothing.

    A tag that stays keeps its row. Reviews that the shop no longer has are passed over.
    Returns False where the product itself is gone.
    """
    with transaction.atomic():
        if not Product.objects.select_for_update().filter(pk=product_id).exists():
            return False
        ProductTag.objects.filter(product_id=product_id).exclude(
            label__in=[tag.label for tag in tags]
        ).delete()
        for rank, tag in enumerate(tags):  # at most eight
            ProductTag.objects.update_or_create(
                product_id=product_id,
                label=tag.label,
                defaults={"polarity": tag.polarity, "count": tag.count, "share": tag.share, "rank": rank},
            )
        _replace_mentions(product_id, tags)
    return True


def _replace_mentions(product_id: int, tags: Sequence[TagToPublish]) -> None:
    rows = dict(ProductTag.objects.filter(product_id=product_id).values_list("label", "pk"))
    known = set(Review.objects.filter(product_id=product_id).values_list("pk", flat=True))
    wanted = {
        (rows[tag.label], review_id) for tag in tags for review_id in tag.review_ids if review_id in known
    }
    mentions = TagMention.objects.filter(tag__product_id=product_id)
    present = {
        (tag_id, review_id): pk for pk, tag_id, review_id in mentions.values_list("pk", "tag_id", "review_id")
    }
    TagMention.objects.filter(pk__in=[pk for pair, pk in present.items() if pair not in wanted]).delete()
    TagMention.objects.bulk_create(
        [
            TagMention(tag_id=tag_id, review_id=review_id)
            for tag_id, review_id in sorted(wanted - present.keys())
        ]
    )
