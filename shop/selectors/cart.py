"""Questions about a cart: what is in it, what of that can be had now, what changed since it was put in."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from django.db.models import F, QuerySet

from shop.models import CartItem, Customer, Product
from shop.models.catalogue import ProductQuerySet
from shop.prepared import Prepared
from shop.pricing import NOTHING, PricedLine
from shop.session_cart import Wanted


class LineProblem(Enum):
    NOT_SOLD = "not-sold"
    SOLD_OUT = "sold-out"
    TOO_FEW = "too-few"
    OVER_LIMIT = "over-limit"


@dataclass(frozen=True, slots=True)
class CartLine:
    """A product and how much of it is wanted. `category_ids` are its own and those above."""

    product: Product
    quantity: int
    price_seen: Decimal
    is_shelf_closed: bool
    category_ids: frozenset[int | None]

    @property
    def price(self) -> Decimal:
        return self.product.selling_price or NOTHING

    @property
    def total(self) -> Decimal:
        return self.price * self.quantity

    @property
    def is_sold(self) -> bool:
        return self.product.is_on_sale and bool(self.product.selling_price) and not self.is_shelf_closed

    @property
    def most(self) -> int:
        """How many can be had now."""
        return min(self.product.in_stock, self.product.limit_per_order) if self.is_sold else 0

    @property
    def problem(self) -> LineProblem | None:
        if not self.is_sold:
            return LineProblem.NOT_SOLD
        if self.product.in_stock < 1:
            return LineProblem.SOLD_OUT
        if self.quantity > self.product.in_stock:
            return LineProblem.TOO_FEW
        return LineProblem.OVER_LIMIT if self.quantity > self.product.limit_per_order else None

    @property
    def has_new_price(self) -> bool:
        return self.is_sold and self.price != self.price_seen

    @property
    def priced(self) -> PricedLine:
        return PricedLine(self.product.pk, self.category_ids, self.price, self.quantity)


@dataclass(frozen=True, slots=True)
class Cart:
    lines: tuple[CartLine, ...]

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def has_problems(self) -> bool:
        return any(line.problem for line in self.lines)

    @property
    def priced_lines(self) -> list[PricedLine]:
        """The lines that can be had: the others cost nothing yet."""
        return [line.priced for line in self.lines if line.is_sold and line.product.in_stock > 0]

    @property
    def wanted(self) -> dict[int, Wanted]:
        return {line.product.pk: Wanted(line.quantity, line.price_seen) for line in self.lines}


# Of a product, what no line of a cart shows: much of it is long.
_NOT_SHOWN = ("detail", "detail_zh", "rich_detail", "rich_detail_zh", "created_at", "changed_at",
              "created_by", "changed_by")  # fmt: skip
# Of its categories, all that a line asks.
_PLACE = {
    "is_shelf_closed": "category__is_deleted",
    "aisle_id": "category__parent_id",
    "department_id": "category__parent__parent_id",
}


def _items_of(customer_id: int) -> "QuerySet[CartItem]":
    items = CartItem.objects.filter(customer=customer_id).select_related("product")
    placed = items.annotate(**{name: F(f"product__{path}") for name, path in _PLACE.items()})
    return placed.defer("created_at", "changed_at", *(f"product__{name}" for name in _NOT_SHOWN))


ITEMS_OF = Prepared[CartItem](_items_of)


def cart_of(customer: Customer) -> Cart:
    return Cart(
        tuple(cart_line(item.product, item.quantity, item.price_seen, item) for item in ITEMS_OF(customer.pk))
    )


def cart_from(wanted: Mapping[int, Wanted]) -> Cart:
    """A guest's cart; products that are gone are left out."""
    if not wanted:
        return Cart(())
    rows = sellable_products().filter(pk__in=wanted).order_by("pk")
    return Cart(tuple(cart_line(row, wanted[row.pk].quantity, wanted[row.pk].price_seen) for row in rows))


def sellable_products() -> ProductQuerySet:
    """With all that a cart line asks of a product."""
    return Product.objects.annotate(**{name: F(path) for name, path in _PLACE.items()})


def cart_line(product: Product, quantity: int, price_seen: Decimal, placed: Any = None) -> CartLine:
    """`placed` is the row that says where the product stands, if the product itself does not."""
    place: Any = placed or product
    categories = frozenset((product.category_id, place.aisle_id, place.department_id))
    return CartLine(product, quantity, price_seen, place.is_shelf_closed, categories)
