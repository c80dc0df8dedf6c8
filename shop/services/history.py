"""The browsing history: written by the product page, read by recommendations, erased by its owner."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from shop.models import Customer, Product, ProductView
from shop.prepared import PreparedInsert
from shop.selectors.history import Viewer, views_by

AT_ONCE = 1_000

STORE = PreparedInsert(ProductView)

logger = logging.getLogger(__name__)


def record_view(*, viewer: Viewer, product: Product) -> None:
    """One insert. The page is worth more than its record: a database too busy to write loses the record."""
    try:
        STORE(ProductView(customer_id=viewer.customer_id, visitor=viewer.visitor, product=product))
    except OperationalError as error:
        logger.warning("A view of product %d was not recorded: %s", product.pk, error)


def adopt_views(*, visitor: str, customer: Customer) -> int:
    """What a guest looked at before logging in becomes the customer's."""
    return views_by(Viewer(visitor=visitor)).update(customer=customer, visitor="") if visitor else 0


def erase_views(*, viewer: Viewer, product_id: int | None = None) -> int:
    """Delete the whole history, or only what it says of one product."""
    views = views_by(viewer)
    if product_id is not None:
        views = views.filter(product=product_id)
    return views.delete()[0]


def forget_old_views() -> int:
    """Delete what is older than BROWSING_HISTORY_DAYS, in batches that hold no lock for long."""
    old = ProductView.objects.filter(
        viewed_at__lt=timezone.now() - timedelta(days=settings.BROWSING_HISTORY_DAYS)
    )
    forgotten = 0
    while ids := list(old.order_by("viewed_at").values_list("pk", flat=True)[:AT_ONCE]):
        forgotten += ProductView.objects.filter(pk__in=ids).delete()[0]
    return forgotten
