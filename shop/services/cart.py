"""Filling a cart. A cart holds no stock: what it allows is looked at again when the order is placed."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from shop.exceptions import CartFull, OutOfStock, OverLimit, ProductUnavailable
from shop.models import CartItem, Customer, Order, Product
from shop.pricing import NOTHING
from shop.selectors.cart import cart_line, sellable_products
from shop.services.locks import lock_buyer
from shop.session_cart import Wanted

MOST_LINES = 100


@dataclass(frozen=True, slots=True)
class LineChange:
    """A product of which the cart holds fewer than were wanted."""

    product: Product
    wanted: int
    kept: int


@transaction.atomic
def add_to_cart(*, customer: Customer, product_id: int, quantity: int) -> Wanted:
    """Put `quantity` more in. Raises what `fitting_line` and `lock_buyer` do."""
    lock_buyer(customer)
    item = CartItem.objects.filter(customer=customer, product=product_id).first()
    others = 0 if item else CartItem.objects.filter(customer=customer).count()
    line = fitting_line(product_id, quantity + (item.quantity if item else 0), others)
    _store(customer, product_id, line, item)
    return line


@transaction.atomic
def take_from_cart(*, customer: Customer, product_id: int, quantity: int) -> Wanted | None:
    """Take `quantity` out, whatever stock and limits are. Returns what is left of the line."""
    lock_buyer(customer)
    item = CartItem.objects.filter(customer=customer, product=product_id).first()
    if item is None:
        return None
    left = fewer(Wanted(item.quantity, item.price_seen), quantity)
    if left is None:
        item.delete()
    else:
        _store(customer, product_id, left, item)
    return left


@transaction.atomic
def set_quantity(*, customer: Customer, product_id: int, quantity: int) -> Wanted:
    """Have exactly `quantity` in the cart. Fewer than before is always allowed; more as `add_to_cart` is."""
    lock_buyer(customer)
    item = CartItem.objects.filter(customer=customer, product=product_id).first()
    if item and quantity <= item.quantity:
        line = Wanted(quantity, item.price_seen)
    else:
        others = 0 if item else CartItem.objects.filter(customer=customer).count()
        line = fitting_line(product_id, quantity, others)
    _store(customer, product_id, line, item)
    return line


def remove_from_cart(*, customer: Customer, product_id: int) -> None:
    CartItem.objects.filter(customer=customer, product=product_id).delete()


@transaction.atomic
def merge_cart(*, customer: Customer, lines: Mapping[int, Wanted]) -> tuple[LineChange, ...]:
    """Add a guest's lines to the customer's, as far as stock and limits go. Returns where they did not."""
    lock_buyer(customer)
    items = {item.product_id: item for item in CartItem.objects.filter(customer=customer)}
    products = sellable_products().in_bulk(list(lines))
    changes = []
    for product_id, line in sorted(lines.items()):
        item = items.get(product_id)
        product = products.get(product_id)
        if product is None:
            continue
        wanted = line.quantity + (item.quantity if item else 0)
        most = cart_line(product, wanted, line.price_seen).most if item or len(items) < MOST_LINES else 0
        kept = min(wanted, most)
        if kept < wanted:
            changes.append(LineChange(product, wanted, kept))
        if kept:
            seen = item.price_seen if item else line.price_seen
            items[product_id] = _store(customer, product_id, Wanted(kept, seen), item)
    return tuple(changes)


def reorder(*, customer: Customer, order: Order) -> tuple[LineChange, ...]:
    """Put what an order held into the cart again, as far as it can be had."""
    lines = {item.product_id: Wanted(item.quantity, item.price) for item in order.items.all()}
    return merge_cart(customer=customer, lines=lines)


def fitting_line(product_id: int, quantity: int, lines_already: int) -> Wanted:
    """A line of `quantity` pieces at today's price.

    Raises ProductUnavailable, OutOfStock, OverLimit or CartFull, and Product.DoesNotExist.
    """
    product = sellable_products().get(pk=product_id)
    line = cart_line(product, quantity, product.selling_price or NOTHING)
    if not line.is_sold or product.in_stock < 1:
        raise ProductUnavailable(product)
    if quantity > product.limit_per_order:
        raise OverLimit(product, quantity)
    if quantity > product.in_stock:
        raise OutOfStock(product, quantity, product.in_stock)
    if lines_already >= MOST_LINES:
        raise CartFull(MOST_LINES)
    return Wanted(quantity, line.price)


def fewer(line: Wanted, quantity: int) -> Wanted | None:
    """The line with `quantity` fewer; None where nothing is left."""
    return Wanted(line.quantity - quantity, line.price_seen) if line.quantity > quantity else None


def _store(customer: Customer, product_id: int, line: Wanted, item: CartItem | None) -> CartItem:
    if item is None:
        return CartItem.objects.create(
            customer=customer, product_id=product_id, quantity=line.quantity, price_seen=line.price_seen
        )
    item.quantity, item.price_seen = line.quantity, line.price_seen
    item.save(update_fields=["quantity", "price_seen", "changed_at"])
    return item
