"""Moving orders along, or closing them.

Every move is a compare-and-set; stock, coupon, refund and mail belong to its winner.
"""

from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from shop.exceptions import OrderMoved
from shop.models import Customer, Order, OrderEvent, Shipment, ShipmentEvent
from shop.models.orders import OrderStatus, ShipmentEventKind
from shop.services.audit import record
from shop.services.coupons import return_coupon
from shop.services.locks import lock_order
from shop.services.outbox import tell_customer
from shop.services.refunds import refund_rest
from shop.services.stock import consume, release

AT_ONCE = 500  # orders that one run of a job takes up


@transaction.atomic
def cancel_order(*, order: Order, customer: Customer) -> Order:
    """Before it is packed. What was paid goes back. Raises OrderMoved."""
    allowed = (OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID)
    return _close(order, allowed, OrderStatus.CLOSED_BY_CUSTOMER, customer)


@transaction.atomic
def close_order(*, order: Order, actor: Customer) -> Order:
    """By the shop, before it is shipped. What was paid goes back. Raises OrderMoved."""
    allowed = (OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID, OrderStatus.PACKED)
    closed = _close(order, allowed, OrderStatus.CLOSED_BY_MERCHANT, actor)
    tell_customer(closed, "order_closed")
    return closed


def expire_order(*, order: Order) -> bool:
    """For want of payment. Whether it still awaited one."""
    try:
        with transaction.atomic():
            _close(order, (OrderStatus.AWAITING_PAYMENT,), OrderStatus.CLOSED_BY_TIMEOUT, None)
    except OrderMoved:
        return False
    return True


@transaction.atomic
def pack_order(*, order: Order, actor: Customer) -> Order:
    return move(order, (OrderStatus.PAID,), OrderStatus.PACKED, actor)


@transaction.atomic
def ship_order(*, order: Order, actor: Customer, carrier: str, tracking_number: str) -> Order:
    """Hand a packed order to the carrier: what it held leaves the stock. Raises OrderMoved."""
    moved = move(order, (OrderStatus.PACKED,), OrderStatus.SHIPPED, actor)
    consume(order=moved, actor=actor)
    shipment = Shipment.objects.create(order=moved, carrier=carrier, tracking_number=tracking_number)
    ShipmentEvent.objects.create(shipment=shipment, kind=ShipmentEventKind.HANDED_OVER)
    tell_customer(moved, "order_shipped", shipment=shipment)
    return moved


def record_progress(*, order: Order, text: str) -> ShipmentEvent:
    """The carrier says where the parcel is. Raises OrderMoved where none is on its way.

    A word that comes at the moment of the delivery is kept beside it.
    """
    shipment = Shipment.objects.filter(order=order, delivered_at=None).first()
    if shipment is None:
        raise OrderMoved(order)
    return ShipmentEvent.objects.create(shipment=shipment, kind=ShipmentEventKind.ON_THE_WAY, text=text)


@transaction.atomic
def record_delivery(*, order: Order) -> None:
    """The carrier says that the parcel has arrived. Raises OrderMoved where none is on its way."""
    now = timezone.now()
    if not Shipment.objects.filter(order=order, delivered_at=None).update(delivered_at=now):
        raise OrderMoved(order)
    ShipmentEvent.objects.create(shipment=order.shipment, kind=ShipmentEventKind.DELIVERED, at=now)


@transaction.atomic
def complete_order(*, order: Order, actor: Customer | None) -> Order:
    """The customer has it, by their own word or after some days. Raises OrderMoved."""
    return move(order, (OrderStatus.SHIPPED,), OrderStatus.COMPLETED, actor)


def complete_delivered_orders() -> int:
    """Complete what arrived ORDER_COMPLETION_DAYS ago and nobody confirmed. Returns how many."""
    arrived = timezone.now() - timedelta(days=settings.ORDER_COMPLETION_DAYS)
    waiting = Order.objects.filter(status=OrderStatus.SHIPPED, shipment__delivered_at__lte=arrived)
    return sum(_complete(order) for order in waiting.order_by("pk")[:AT_ONCE])


def hide_order(*, order: Order) -> None:
    """Take a finished order out of the customer's list. Raises OrderMoved for one still on its way."""
    finished = (OrderStatus.COMPLETED, *(status for status in OrderStatus if status < 0))
    if not Order.objects.filter(pk=order.pk, status__in=finished).update(is_deleted=True):
        raise OrderMoved(order)


def move(
    order: Order, allowed: Collection[OrderStatus], status: OrderStatus, actor: Customer | None
) -> Order:
    """Compare and set, in the caller's transaction. Returns the order locked. Raises OrderMoved."""
    locked = lock_order(order.pk)
    if not Order.objects.filter(pk=order.pk, status__in=allowed).update(
        status=status, changed_at=timezone.now()
    ):
        raise OrderMoved(locked)
    record(actor=actor, target=locked, field="status", before=locked.status, after=status)
    locked.status = status
    OrderEvent.objects.create(order=locked, status=status, actor=actor)
    return locked


def _close(
    order: Order, allowed: Collection[OrderStatus], status: OrderStatus, actor: Customer | None
) -> Order:
    moved = move(order, allowed, status, actor)
    release(order=moved)
    return_coupon(order=moved)
    refund_rest(order=moved, actor=actor)
    return moved


def _complete(order: Order) -> bool:
    try:
        complete_order(order=order, actor=None)
    except OrderMoved:
        return False
    return True
