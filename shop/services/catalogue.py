"""Changes to what the shop sells that reach further than one row."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from shop.models import Category, Product
from shop.services.stock import adjust_stock, open_ledger


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
    """Store new products and enter the stock that they come with, in the caller's transaction."""
    last = Product.objects.aggregate(last=Max("pk"))["last"] or 0  # MySQL does not say which ids it gave
    Product.objects.bulk_create(products)
    open_ledger(Product.objects.filter(pk__gt=last))


def count_stock(*, product: Product, on_hand: int, actor_id: int | None) -> None:
    """Correct a product's stock to what was counted, in the caller's transaction and lock of the product.

    Raises StockAllocated where less was counted than orders hold.
    """
    believed = Product.objects.values_list("on_hand", flat=True).get(pk=product.pk)
    adjust_stock(product_id=product.pk, change=on_hand - believed, actor_id=actor_id)
    Product.objects.filter(pk=product.pk).update(changed_by=actor_id)
