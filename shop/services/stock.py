"""Stock: what is there, what orders hold of it, and a movement for every change of either.

A product's `changed_at` moves where its availability may have changed, so that the feed tells of it.
"""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.utils import timezone

from shop.exceptions import OutOfStock, StockAllocated
from shop.models import Customer, Order, Product, StockMovement
from shop.models.stock import MovementKind
from shop.services.audit import Change, record_changes
from shop.services.locks import lock_products

Quantities = Mapping[int, int]  # pieces by product id


def allocate(*, order: Order, quantities: Quantities, products: Mapping[int, Product]) -> None:
    """Hold stock for an order in the transaction that places it, all lines or none; `products` are locked.

    One guarded statement for all lines, however many. Raises OutOfStock.
    """
    wanted = _by_product(quantities)
    held = Product.objects.filter(pk__in=quantities, on_hand__gte=F("allocated") + wanted).update(
        allocated=F("allocated") + wanted, changed_at=timezone.now()
    )
    if held != len(quantities):
        raise next(
            OutOfStock(products[product_id], quantity, products[product_id].in_stock)
            for product_id, quantity in sorted(quantities.items())
            if products[product_id].in_stock < quantity
        )
    _record(order, quantities, MovementKind.ALLOCATE, allocated=+1)


def release(*, order: Order) -> None:
    """Give back what an order holds, in the transaction that closes it."""
    quantities = {product.pk: quantity for product, quantity in _locked_products(order).items()}
    Product.objects.filter(pk__in=quantities).update(
        allocated=F("allocated") - _by_product(quantities), changed_at=timezone.now()
    )
    _record(order, quantities, MovementKind.RELEASE, allocated=-1)


def consume(*, order: Order, actor: Customer | None) -> None:
    """What an order held leaves the house, in the transaction that ships it."""
    products = _locked_products(order)
    quantities = {product.pk: quantity for product, quantity in products.items()}
    wanted = _by_product(quantities)
    Product.objects.filter(pk__in=quantities).update(
        allocated=F("allocated") - wanted, on_hand=F("on_hand") - wanted
    )
    _record(order, quantities, MovementKind.SHIP, on_hand=-1, allocated=-1)
    left = (
        Change(product, "on_hand", product.on_hand, product.on_hand - quantity)
        for product, quantity in products.items()
    )
    record_changes(left, actor_id=actor.pk if actor else None)


@transaction.atomic
def adjust_stock(*, product_id: int, change: int, actor_id: int | None) -> None:
    """Add what was delivered, or correct a count by `change` pieces.

    Raises StockAllocated where less would be left than orders hold.
    """
    if not change:
        return
    adjusted = Product.objects.filter(pk=product_id, on_hand__gte=F("allocated") + max(-change, 0)).update(
        on_hand=F("on_hand") + change, changed_at=timezone.now()
    )
    if not adjusted:
        raise StockAllocated(Product.objects.get(pk=product_id), change)
    StockMovement.objects.create(
        product_id=product_id, kind=MovementKind.COUNT, on_hand_change=change, actor_id=actor_id
    )
    product = Product.objects.get(pk=product_id)  # after the update: the row is ours until the end
    counted = Change(product, "on_hand", product.on_hand - change, product.on_hand)
    record_changes([counted], actor_id=actor_id)


def open_ledger(products: "QuerySet[Product]") -> None:
    """Enter the stock of new products, in the transaction that makes them."""
    stocked = products.filter(on_hand__gt=0, movements=None).order_by("pk").values_list("pk", "on_hand")
    StockMovement.objects.bulk_create(
        StockMovement(product_id=product_id, kind=MovementKind.OPENING, on_hand_change=on_hand)
        for product_id, on_hand in stocked
    )


def _locked_products(order: Order) -> dict[Product, int]:
    """How many of each the order has."""
    quantities = dict(order.items.values_list("product_id", "quantity"))
    return {product: quantities[product.pk] for product in lock_products(quantities)}


def _by_product(quantities: Quantities) -> Case:
    """Each product's own quantity, inside one statement."""
    cases = [When(pk=product_id, then=Value(quantity)) for product_id, quantity in quantities.items()]
    return Case(*cases, output_field=IntegerField())


def _record(
    order: Order, quantities: Quantities, kind: MovementKind, *, on_hand: int = 0, allocated: int = 0
) -> None:
    StockMovement.objects.bulk_create(
        StockMovement(
            product_id=product_id,
            order=order,
            kind=kind,
            on_hand_change=on_hand * quantity,
            allocated_change=allocated * quantity,
        )
        for product_id, quantity in sorted(quantities.items())
    )
