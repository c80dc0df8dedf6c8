"""Changes to what the shop sells that reach further than one row."""

from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from shop.models import Category, Product
from shop.services.audit import Change, record_changes
from shop.services.locks import lock_products
from shop.services.pictures import forget_picture
from shop.services.stamping import stamp_anew
from shop.services.stock import adjust_stock, open_ledger

AUDITED = ("selling_price", "original_price", "is_on_sale")  # of what `change_product` stores


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


@transaction.atomic
def change_product(*, product: Product, columns: Collection[str], actor_id: int | None) -> None:
    """Store these columns of a product that a form or a file has changed, and nothing else of it.

    Its stock is not among them: see `adjust_stock`.
    """
    before = Product.objects.select_for_update().get(pk=product.pk)
    product.changed_by_id = actor_id
    product.save(update_fields=[*columns, "changed_by", "changed_at"])
    changes = [
        Change(product, column, getattr(before, column), getattr(product, column))
        for column in AUDITED
        if column in columns
    ]
    record_changes(changes, actor_id=actor_id)
    if "cover" in columns:
        forget_picture(name=before.cover.name or "")


@transaction.atomic
def put_on_sale(*, product_ids: Collection[int], is_on_sale: bool, actor_id: int | None) -> list[int]:
    """Offer products, or offer them no longer. Returns those that were not so before."""
    others = [product for product in lock_products(product_ids) if product.is_on_sale != is_on_sale]
    Product.objects.filter(pk__in=[product.pk for product in others]).update(
        is_on_sale=is_on_sale, changed_by=actor_id
    )
    changes = [Change(product, "is_on_sale", not is_on_sale, is_on_sale) for product in others]
    record_changes(changes, actor_id=actor_id)
    changed = [product.pk for product in others]
    stamp_anew(Product, changed)
    return changed


def add_products(products: Sequence[Product]) -> list[int]:
    """Store new products and enter the stock that they come with, in the caller's transaction.

    Returns their ids, and those of what another has stored in the meantime.
    """
    last = Product.objects.aggregate(last=Max("pk"))["last"] or 0  # MySQL does not say which ids it gave
    Product.objects.bulk_create(products)
    added = Product.objects.filter(pk__gt=last)
    open_ledger(added)
    return list(added.values_list("pk", flat=True))


def count_stock(*, product: Product, on_hand: int, actor_id: int | None) -> None:
    """Correct a product's stock to what was counted, in the caller's transaction and lock of the product.

    Raises StockAllocated where less was counted than orders hold.
    """
    believed = Product.objects.values_list("on_hand", flat=True).get(pk=product.pk)
    adjust_stock(product_id=product.pk, change=on_hand - believed, actor_id=actor_id)
    Product.objects.filter(pk=product.pk).update(changed_by=actor_id)
