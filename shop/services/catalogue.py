"""Changes to what the shop sells that reach further than one row."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from shop.models import Category, Product


def keep_category(category: Category) -> None:
    """Store a changed category, and mark the products below it as changed.

    Readers of the products' feed are told their categories' names and whether they are sold, so that
    a renamed or withdrawn category is news of each of its products.
    """
    with transaction.atomic():
        category.save()
        Product.objects.filter(
            Q(category=category) | Q(category__parent=category) | Q(category__parent__parent=category)
        ).update(changed_at=timezone.now())


def add_products(products: Sequence[Product]) -> None:
    """Store new products with the stock that they come with, in the caller's transaction."""
    Product.objects.bulk_create(products)


def count_stock(*, product: Product, on_hand: int, actor_id: int | None) -> None:
    """Correct a product's stock to what was counted, in the caller's transaction and lock of the product."""
    product.on_hand = on_hand
    product.changed_by_id = actor_id
    product.save(update_fields=("on_hand", "changed_by", "changed_at"))
