"""What an order costs: pure Decimal, the same for the cart's page and for placing the order."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from shop.exceptions import BelowMinimumSpend, CouponUnusable
from shop.models import Coupon, CustomerCoupon, DeliveryRule
from shop.models.coupons import CouponKind

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class PricedLine:
    """`category_ids` are the product's own and those above it."""

    product_id: int
    category_ids: frozenset[int | None]
    price: Decimal
    quantity: int

    @property
    def total(self) -> Decimal:
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class OrderPrice:
    goods: Decimal
    discount: Decimal
    delivery: Decimal
    rule: DeliveryRule | None = None

    @property
    def total(self) -> Decimal:
        return self.goods - self.discount + self.delivery

    @property
    def until_free_delivery(self) -> Decimal:
        """What more goods would have to cost for free delivery; nothing where it is free or never is."""
        if not self.delivery or self.rule is None or self.rule.free_from is None:
            return NOTHING
        return self.rule.free_from - (self.goods - self.discount)


def price_order(
    lines: Iterable[PricedLine], rule: DeliveryRule | None, held: CustomerCoupon | None = None
) -> OrderPrice:
    """Goods, discount and delivery of `lines`. Raises CouponUnusable or BelowMinimumSpend.

    Without a rule, where no address is known yet, delivery is not counted.
    """
    lines = list(lines)
    goods = sum((line.total for line in lines), NOTHING)
    discount = _discount(lines, held) if held else NOTHING
    delivery = rule.fee_for(goods - discount) if rule else NOTHING
    if held and held.coupon.kind == CouponKind.DELIVERY:
        delivery = NOTHING
    return OrderPrice(goods, discount, delivery, rule)


def _discount(lines: Iterable[PricedLine], held: CustomerCoupon) -> Decimal:
    coupon = held.coupon
    counted = sum((line.total for line in lines if _counts(line, coupon)), NOTHING)
    if not coupon.is_open or not counted:
        raise CouponUnusable
    if counted < coupon.minimum_spend:
        raise BelowMinimumSpend(coupon.minimum_spend, counted)
    if coupon.kind == CouponKind.AMOUNT:
        return min(held.worth, counted)
    if coupon.kind == CouponKind.PERCENT:
        return (counted * held.worth / 100).quantize(CENT, ROUND_HALF_UP)
    return NOTHING


def _counts(line: PricedLine, coupon: Coupon) -> bool:
    if coupon.product_id:
        return line.product_id == coupon.product_id
    return coupon.category_id is None or coupon.category_id in line.category_ids
