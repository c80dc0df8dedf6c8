"""Staff take a label off a product that its reviews do not say, and give it back.

The worker makes the product's tags anew at its next turn, without the label or with it.
"""

from collections.abc import Collection, Iterable, Sequence

from django.db import transaction

from recommender.models import ProductEntry, TagCluster, WithdrawnLabel
from shop.models import Product
from shop.services.audit import Change, record_changes


def withdraw_tags(*, tags: Collection[TagCluster], note: str, actor_id: int | None) -> int:
    """Take all labels of these tags off their products. Returns how many were not taken off before."""
    rows = [
        WithdrawnLabel(
            product_id=tag.product_id, label=label, polarity=tag.polarity, note=note, withdrawn_by=actor_id
        )
        for tag in tags
        for label in tag.members
    ]  # fmt: skip
    with transaction.atomic(), transaction.atomic(using="recommender"):
        product_ids = {row.product_id for row in rows}
        ProductEntry.objects.mark_stale(product_ids)  # locks them: whoever is second sees what the first did
        earlier = WithdrawnLabel.objects.filter(product_id__in=product_ids)
        known = set(earlier.values_list("product_id", "label", "polarity"))
        new = [row for row in rows if (row.product_id, row.label, row.polarity) not in known]
        WithdrawnLabel.objects.bulk_create(new)
        enter(new, actor_id, is_back=False)
    return len(new)


def give_back(*, labels: Iterable[WithdrawnLabel], actor_id: int | None) -> None:
    """Let reviews say it of their product again."""
    rows = list(labels)
    with transaction.atomic(), transaction.atomic(using="recommender"):
        ProductEntry.objects.mark_stale(row.product_id for row in rows)
        WithdrawnLabel.objects.filter(pk__in=[row.pk for row in rows]).delete()
        enter(rows, actor_id, is_back=True)


def withdrawn_from(product_ids: Sequence[int]) -> set[tuple[int, str, int]]:
    """Product, label and polarity of what staff took off these products."""
    rows = WithdrawnLabel.objects.filter(product_id__in=product_ids)
    return set(rows.values_list("product_id", "label", "polarity"))


def enter(rows: Iterable[WithdrawnLabel], actor_id: int | None, *, is_back: bool) -> None:
    """In the trail of each product, among what became of its tags."""
    record_changes(
        [
            Change(
                target=Product(pk=row.product_id),
                field="tags",
                before="" if is_back else row.label,
                after=row.label if is_back else "",
            )
            for row in rows
        ],
        actor_id=actor_id,
    )
