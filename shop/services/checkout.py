"""From a cart to an order."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from shop.exceptions import (
    CartEmpty,
    CouponUnusable,
    OutOfStock,
    OverLimit,
    PriceChanged,
    ProductUnavailable,
    ShopError,
)
from shop.models import Address, CartItem, Customer, CustomerCoupon, Order, OrderAddress, OrderItem, Product
from shop.pricing import OrderPrice, price_order
from shop.selectors.cart import CartLine, LineProblem
from shop.selectors.checkout import delivery_rule
from shop.services.addresses import AddressLines, add_address
from shop.services.coupons import spend_coupon
from shop.services.locks import lock_buyer, lock_products
from shop.services.numbers import new_number
from shop.services.payments import pay_nothing
from shop.services.stock import allocate

ADDRESS_FIELDS = tuple(field.name for field in fields(AddressLines))


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the shopper decided, and the total that was shown when they did."""

    token: UUID
    address: Address
    total_shown: Decimal
    coupon_id: int | None = None
    note: str = ""


def place_order(*, customer: Customer, checkout: Checkout) -> Order:
    """Turn the customer's cart into an order that holds its stock and awaits payment.

    The same token gives the same order, however often it is sent. Raises BuyingLocked, CartEmpty,
    ProductUnavailable, OutOfStock, OverLimit, NoDelivery, CouponUnusable or PriceChanged; then
    nothing has changed.
    """
    try:
        return _place(customer, checkout)
    except (ShopError, IntegrityError):
        # A second press finds the cart empty or changed: look for the first one's order only then.
        earlier = Order.objects.filter(customer=customer, checkout_token=checkout.token).first()
        if earlier is None:
            raise
        return earlier


@transaction.atomic
def _place(customer: Customer, checkout: Checkout) -> Order:
    lock_buyer(customer)
    items = list(CartItem.objects.filter(customer=customer).order_by("product_id"))
    products = {product.pk: product for product in lock_products([item.product_id for item in items])}
    lines = [_line(item, products[item.product_id]) for item in items]
    _refuse_problems(lines)
    held = _held_coupon(customer, checkout.coupon_id)
    price = price_order(
        [line.priced for line in lines],
        delivery_rule(checkout.address.province),
        held,
    )
    if price.total != checkout.total_shown:
        raise PriceChanged(checkout.total_shown, price.total)
    order = _store(customer, checkout, price, lines)
    allocate(order=order, quantities={item.product_id: item.quantity for item in items}, products=products)
    if held:
        spend_coupon(held=held, order=order, discount=price.discount)
    CartItem.objects.filter(customer=customer).delete()
    return order if order.total else pay_nothing(order=order)


@transaction.atomic
def keep_address(*, customer: Customer, lines: AddressLines) -> Address:
    """The address in the customer's book, put there unless it is: a form sent twice fills one entry."""
    lock_buyer(customer)
    same = Address.objects.filter(customer=customer, **asdict(lines)).first()
    return same or add_address(customer=customer, lines=lines, make_default=False)


def _line(item: CartItem, product: Product) -> CartLine:
    """Of a product that `lock_products` read."""
    locked = vars(product)
    categories = frozenset((product.category_id, locked["aisle_id"], locked["department_id"]))
    return CartLine(product, item.quantity, item.price_seen, locked["is_shelf_closed"], categories)


def _refuse_problems(lines: Sequence[CartLine]) -> None:
    if not lines:
        raise CartEmpty
    for line in lines:
        match line.problem:
            case LineProblem.NOT_SOLD:
                raise ProductUnavailable(line.product)
            case LineProblem.SOLD_OUT | LineProblem.TOO_FEW:
                raise OutOfStock(line.product, line.quantity, line.product.in_stock)
            case LineProblem.OVER_LIMIT:
                raise OverLimit(line.product, line.quantity)


def _held_coupon(customer: Customer, coupon_id: int | None) -> CustomerCoupon | None:
    if coupon_id is None:
        return None
    held = CustomerCoupon.objects.filter(pk=coupon_id, customer=customer).select_related("coupon").first()
    if held is None or held.used_on_id:
        raise CouponUnusable
    return held


def _store(customer: Customer, checkout: Checkout, price: OrderPrice, lines: Sequence[CartLine]) -> Order:
    order = Order.objects.create(
        number=new_number(),
        customer=customer,
        checkout_token=checkout.token,
        goods_total=price.goods,
        discount_total=price.discount,
        delivery_fee=price.delivery,
        total=price.total,
        pay_until=timezone.now() + timedelta(minutes=settings.ORDER_PAYMENT_MINUTES),
        note=checkout.note,
    )
    OrderItem.objects.bulk_create(
        OrderItem(
            order=order,
            product=line.product,
            name=line.product.name,
            name_zh=line.product.name_zh,
            cover=line.product.cover.name or "",
            price=line.price,
            quantity=line.quantity,
        )
        for line in lines
    )
    OrderAddress.objects.create(
        order=order, **{field: getattr(checkout.address, field) for field in ADDRESS_FIELDS}
    )
    return order
