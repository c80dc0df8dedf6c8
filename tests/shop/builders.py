"""Rows for tests. Each builder makes a whole, valid row; name only what the test is about."""

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

from django.db.models import F
from django.utils import timezone

from shop.models import (
    Address,
    Announcement,
    CarouselSlide,
    Category,
    Coupon,
    Customer,
    CustomerCoupon,
    DeliveryRule,
    HomeSlot,
    Order,
    Product,
    ProductTag,
    Review,
    SandboxTrade,
    TagMention,
)
from shop.models.orders import PaymentType
from shop.payments import Callback
from shop.selectors.cart import cart_of
from shop.selectors.checkout import summary_for
from shop.services.cart import add_to_cart
from shop.services.checkout import Checkout, place_order
from shop.services.coupons import grant_coupon
from shop.services.orders import pack_order, ship_order
from shop.services.payments import record_callback
from shop.services.stock import open_ledger

_numbers = count(1)

PASSWORD = "a-password-for-tests"


def a_customer(login_name: str = "alice", **fields: Any) -> Customer:
    """A customer who logs in with PASSWORD."""
    return Customer.objects.create_user(login_name, PASSWORD, **fields)


def an_address(customer: Customer, **fields: Any) -> Address:
    """An entry of the customer's address book; the default one only with `default_of`."""
    lines = {
        "receiver": "Alice", "phone": "13800000000", "province": "浙江省", "city": "杭州市",
        "district": "西湖区", "detail": "1 Lake Road",
    }  # fmt: skip
    return Address.objects.create(customer=customer, **(lines | fields))


def a_category(name: str = "", parent: Category | None = None, **fields: Any) -> Category:
    """A category below `parent`, or a department."""
    level = parent.level + 1 if parent else 1
    name = name or f"Category {next(_numbers)}"
    return Category.objects.create(name=name, parent=parent, level=level, **fields)


def a_shelf(name: str = "", **fields: Any) -> Category:
    """A category of the third level, where products stand, with the two above it."""
    return a_category(name, a_category(parent=a_category()), **fields)


def a_product(name: str = "", **fields: Any) -> Product:
    """A product in stock at 10.00, on a shelf of its own unless `category` is given."""
    name = name or f"Product {next(_numbers)}"
    defaults: dict[str, Any] = {"selling_price": Decimal("10.00"), "on_hand": 20}
    if "category" not in fields:
        defaults["category"] = a_shelf()
    product = Product.objects.create(name=name, **(defaults | fields))
    open_ledger(Product.objects.filter(pk=product.pk))
    return product


def a_review(product: Product | None = None, *, stars: int = 5, **fields: Any) -> Review:
    """A published review by a pseudonym, or by `customer`; it counts in its product unless it is held."""
    product = product or a_product()
    customer: Customer | None = fields.get("customer")
    defaults = {
        "author_name": customer.display_name if customer else f"Reader {next(_numbers)}",
        "body": "Tastes as it should.",
    }
    review = Review.objects.create(product=product, stars=stars, **(defaults | fields))
    if review.status == "published":
        Product.objects.filter(pk=product.pk).update(
            review_count=F("review_count") + 1, stars_total=F("stars_total") + stars
        )
        product.refresh_from_db(fields=("review_count", "stars_total"))
    return review


def a_tag(product: Product, label: str, *reviews: Review, share: float = 0.5, rank: int = 0) -> ProductTag:
    """A published tag that `reviews` mention."""
    tag = ProductTag.objects.create(
        product=product, label=label, polarity=1, count=max(len(reviews), 1), share=share, rank=rank
    )
    TagMention.objects.bulk_create([TagMention(tag=tag, review=review) for review in reviews])
    return tag


def a_delivery_rule(**fields: Any) -> DeliveryRule:
    """5.00 everywhere, free from 100.00."""
    defaults = {"name": "Everywhere", "fee": Decimal("5.00"), "free_from": Decimal("100.00")}
    return DeliveryRule.objects.create(**(defaults | fields))


def a_coupon(**fields: Any) -> Coupon:
    """3.00 off for the taking."""
    defaults = {
        "name": "Three off", "source": "claim", "kind": "amount", "value": Decimal("3.00"),
        "valid_until": timezone.now() + timedelta(days=1),
    }  # fmt: skip
    return Coupon.objects.create(**(defaults | fields))


def a_held_coupon(customer: Customer, **fields: Any) -> CustomerCoupon:
    return grant_coupon(customer=customer, coupon=a_coupon(**fields))


def a_checkout(customer: Customer, total: str, **fields: Any) -> Checkout:
    """What a shopper sends from the checkout page; an address and a rule for it are made if need be."""
    address = Address.objects.filter(customer=customer).first() or an_address(customer)
    if not DeliveryRule.objects.exists():
        a_delivery_rule()
    defaults: dict[str, Any] = {"token": uuid4(), "address": address, "total_shown": Decimal(total)}
    return Checkout(**(defaults | fields))


def an_order(
    customer: Customer, *products: Product, quantity: int = 1, coupon: CustomerCoupon | None = None
) -> Order:
    """An order that awaits payment, placed as a shopper does; of a new product unless some are given."""
    for product in products or (a_product(),):
        add_to_cart(customer=customer, product_id=product.pk, quantity=quantity)
    coupon_id = coupon.pk if coupon else None
    rule = DeliveryRule.objects.first() or a_delivery_rule()
    shown = summary_for(cart_of(customer).priced_lines, customer, rule, coupon_id)
    checkout = a_checkout(customer, str(shown.price.total), coupon_id=coupon_id)
    return place_order(customer=customer, checkout=checkout)


def a_callback(order: Order, **fields: Any) -> Callback:
    """The sandbox's word that an order is paid."""
    defaults: dict[str, Any] = {
        "payment_type": PaymentType.SANDBOX, "callback_id": f"S{next(_numbers)}",
        "order_number": order.number,
        "amount": order.total, "currency": "CNY", "is_paid": True,
    }  # fmt: skip
    return Callback(**(defaults | fields))


def a_paid_order(customer: Customer, *products: Product, **fields: Any) -> Order:
    order = an_order(customer, *products, **fields)
    pay_in_sandbox(order)
    return order


def pay_in_sandbox(order: Order) -> None:
    """As the sandbox's page and its callback do, so that a refund finds the trade."""
    trade = SandboxTrade.objects.create(
        order_number=order.number, amount=order.total, currency="CNY", is_paid=True
    )
    record_callback(callback=a_callback(order, callback_id=f"S{trade.pk}"))
    order.refresh_from_db()


def a_shipped_order(customer: Customer, *products: Product, **fields: Any) -> Order:
    order = a_paid_order(customer, *products, **fields)
    pack_order(order=order, actor=customer)
    ship_order(order=order, actor=customer, carrier="SF", tracking_number="SF1")
    order.refresh_from_db()
    return order


def a_buyer(product: Product, login_name: str = "alice", **fields: Any) -> Customer:
    """A customer to whom the product was sent, and who may therefore review it."""
    customer = a_customer(login_name)
    a_shipped_order(customer, product)
    for name, value in fields.items():
        setattr(customer, name, value)
    customer.save()
    return customer


def an_announcement(title: str = "Open on Sunday", **fields: Any) -> Announcement:
    """Published, and shown from now on."""
    return Announcement.objects.create(title=title, **({"is_published": True} | fields))


def a_slide(title: str = "Tea week", **fields: Any) -> CarouselSlide:
    """Published, with the name of a picture that is nowhere."""
    shown = {"is_published": True, "picture": "carousel/none.webp", "link": "/search/"}
    return CarouselSlide.objects.create(title=title, **(shown | fields))


def a_slot(kind: str, product: Product | None = None, **fields: Any) -> HomeSlot:
    """A published place on a shelf of the home page."""
    product = product or a_product()
    return HomeSlot.objects.create(kind=kind, product=product, **({"is_published": True} | fields))
