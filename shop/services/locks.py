"""Every lock on a row that others may want too, one function a table.

Who needs several takes them in this order, parents before children: customer, order, products by id.
"""

from collections.abc import Collection

from django.db.models import OuterRef, QuerySet, Subquery

from shop.exceptions import BuyingLocked
from shop.models import Category, Customer, Order, Product
from shop.services.customers import customer_for_update


def lock_buyer(customer: Customer) -> None:
    """Other changes of this customer's cart and address book wait. Raises BuyingLocked."""
    locked = customer_for_update(customer.pk)
    if locked.is_locked or locked.is_deleted:
        raise BuyingLocked


def lock_order(order_id: int) -> Order:
    """Other changes of the order, of its ledgers and of what it holds wait."""
    return Order.objects.select_for_update().get(pk=order_id)


def lock_products(product_ids: Collection[int]) -> "QuerySet[Product]":
    """The products, in id order: other changes of what orders hold of them wait.

    `is_shelf_closed`, `aisle_id` and `department_id` are read in subqueries, so that no category is locked.
    """
    shelf = Category.objects.filter(pk=OuterRef("category_id"))
    return (
        Product.objects.filter(pk__in=product_ids)
        .annotate(
            is_shelf_closed=Subquery(shelf.values("is_deleted")),
            aisle_id=Subquery(shelf.values("parent_id")),
            department_id=Subquery(shelf.values("parent__parent_id")),
        )
        .order_by("pk")
        .select_for_update()
    )
