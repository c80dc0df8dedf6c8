"""When rows of the feed changed, for transactions that take their time."""

from collections.abc import Iterable

from django.utils import timezone

from shop.models import Product, Review

AT_ONCE = 500


def stamp_anew(model: type[Product] | type[Review], row_ids: Iterable[int]) -> None:
    """Say of rows that they changed just now: the last thing in a transaction that changes many.

    Readers of the feed look again at its last seconds only. What was stamped on the way may be older when it
    is committed, and would be passed over.
    """
    ids = sorted(row_ids)
    for start in range(0, len(ids), AT_ONCE):
        model.objects.filter(pk__in=ids[start : start + AT_ONCE]).update(changed_at=timezone.now())
