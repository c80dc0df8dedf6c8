"""What the demo's shoppers bought before: orders that went the whole way, at days in the past.

Each is placed, paid, packed, sent and received by the services that a shopper and the staff use, so that
stock, payments and ledgers agree; then it is dated back.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from shop.models import (
    Address,
    AuditEntry,
    Customer,
    Order,
    OrderEvent,
    OutboxMessage,
    Payment,
    Product,
    SandboxTrade,
    Shipment,
    ShipmentEvent,
    StockMovement,
)
from shop.models.orders import PaymentType
from shop.models.outbox import OutboxKind
from shop.payments import Callback
from shop.selectors.cart import cart_of
from shop.selectors.checkout import delivery_rule, summary_for
from shop.services.cart import add_to_cart
from shop.services.checkout import Checkout, place_order
from shop.services.orders import complete_order, pack_order, record_delivery, ship_order
from shop.services.payments import record_callback

PAST: dict[str, tuple[int, ...]] = {"alice": (152, 97, 41, 12), "bob": (20,)}  # days ago
PRODUCTS_OF_AN_ORDER = 3
LEFT_ON_THE_SHELF = 30  # of a product with few the demo shows that it is few
HOME = {
    "receiver": "Demo", "phone": "13800000000", "province": "浙江省", "city": "杭州市",
    "district": "西湖区", "detail": "1 Lake Road",
}  # fmt: skip


@transaction.atomic
def add_past_orders(*, packer: Customer) -> int:
    """For a shop in which nothing was ordered yet. Returns how many orders were made."""
    if Order.objects.exists():
        return 0
    goods = list(Product.objects.on_sale().filter(on_hand__gt=LEFT_ON_THE_SHELF).order_by("sku"))
    shoppers = Customer.objects.in_bulk(PAST, field_name="login_name")
    visits = [(name, days) for name, past in PAST.items() for days in past if name in shoppers]
    for number, (name, days) in enumerate(visits):
        bought = goods[number * PRODUCTS_OF_AN_ORDER :][:PRODUCTS_OF_AN_ORDER]
        if bought:
            _buy(shoppers[name], bought, days, packer)
    return Order.objects.count()


def _buy(shopper: Customer, products: Sequence[Product], days_ago: int, packer: Customer) -> None:
    last_entry = AuditEntry.objects.aggregate(last=Max("pk"))["last"] or 0
    for product in products:
        add_to_cart(customer=shopper, product_id=product.pk, quantity=1)
    order = place_order(customer=shopper, checkout=_checkout(shopper))
    _pay(order)
    pack_order(order=order, actor=packer)
    ship_order(order=order, actor=packer, carrier="SF", tracking_number=f"SF{order.pk:010}")
    record_delivery(order=order)
    complete_order(order=order, actor=shopper)
    _date_back(order, timedelta(days=days_ago), last_entry)


def _checkout(shopper: Customer) -> Checkout:
    """To an address that the order copies; the shopper's own book stays empty."""
    address = Address(customer=shopper, **HOME)
    shown = summary_for(cart_of(shopper).priced_lines, shopper, delivery_rule(address.province), None)
    return Checkout(token=uuid4(), address=address, total_shown=shown.price.total)


def _pay(order: Order) -> None:
    trade = SandboxTrade.objects.create(
        order_number=order.number, amount=order.total, currency="CNY", is_paid=True
    )
    record_callback(
        callback=Callback(
            payment_type=PaymentType.SANDBOX,
            callback_id=f"S{trade.pk}",
            order_number=order.number,
            amount=order.total,
            currency="CNY",
            is_paid=True,
        )
    )


def _date_back(order: Order, by: timedelta, last_entry: int) -> None:
    then = timezone.now() - by
    Order.objects.filter(pk=order.pk).update(created_at=then, changed_at=then, paid_at=then)
    Payment.objects.filter(order=order).update(created_at=then)
    OrderEvent.objects.filter(order=order).update(at=then)
    Shipment.objects.filter(order=order).update(shipped_at=then, delivered_at=then)
    ShipmentEvent.objects.filter(shipment__order=order).update(at=then)
    StockMovement.objects.filter(order=order).update(at=then)
    # The one place that touches entries of the trail again: at the time that they carry nobody did anything.
    QuerySet(AuditEntry).filter(pk__gt=last_entry).update(at=then)
    # Nobody has to be told today that it can be packed.
    OutboxMessage.objects.filter(
        kind=OutboxKind.MAIL, payload__subject=f"Order {order.number} is paid"
    ).delete()
