"""What a shopper bought and kept: paid orders, and what became of them.

An order that the shop itself closed is none of the shopper's doing and is left out; one that the
shopper hid from their list is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Literal

from django.db.models import Max, Prefetch, Q, QuerySet

from shop.models import Customer, Order, OrderItem
from shop.models.orders import OrderStatus, PaymentStatus
from shop.models.payments import RefundStatus

Outcome = Literal["kept", "cancelled", "refunded"]


@dataclass(frozen=True, slots=True)
class Purchase:
    """`at` is when it was paid. Until `undone_at` a cancelled or refunded one was a purchase like another."""

    order_id: str
    at: datetime
    value: Decimal
    categories: frozenset[str]
    outcome: Outcome
    undone_at: datetime | None = None


def purchases_of(customer: Customer) -> list[Purchase]:
    """Oldest first."""
    return [_purchase(order) for order in _paid_orders().filter(customer=customer)]


def purchases_by_customer() -> Iterator[tuple[str, list[Purchase]]]:
    """Of every customer who ever paid, by their id, in its order."""
    orders = _paid_orders().order_by("customer_id", "paid_at", "pk").iterator(chunk_size=2000)
    for customer_id, theirs in groupby(orders, key=lambda order: order.customer_id):
        yield str(customer_id), [_purchase(order) for order in theirs]


def _paid_orders() -> "QuerySet[Order]":
    """A refund of a part, or of a payment made twice, leaves the order a purchase."""
    paid_back = Q(refunds__status__in=(RefundStatus.APPROVED, RefundStatus.PAID_OUT))
    return (
        Order.objects.filter(paid_at__isnull=False)
        .exclude(status=OrderStatus.CLOSED_BY_MERCHANT)
        .annotate(
            cancelled_at=Max("events__at", filter=Q(events__status=OrderStatus.CLOSED_BY_CUSTOMER)),
            refunded_at=Max("refunds__decided_at", filter=paid_back),
        )
        .prefetch_related(Prefetch("items", OrderItem.objects.select_related("product").order_by("pk")))
        .order_by("paid_at", "pk")
    )


def _purchase(order: Order) -> Purchase:
    outcome, undone_at = _what_became_of(order)
    assert order.paid_at is not None  # noqa: S101 (asked for in the query)
    return Purchase(
        order_id=order.number,
        at=order.paid_at,
        value=order.total,
        categories=frozenset(str(item.product.category_id) for item in order.items.all()),
        outcome=outcome,
        undone_at=undone_at,
    )


def _what_became_of(order: Order) -> tuple[Outcome, datetime | None]:
    if order.status == OrderStatus.CLOSED_BY_CUSTOMER:
        return "cancelled", order.cancelled_at  # type: ignore[attr-defined]  # annotated
    if order.payment_status == PaymentStatus.REFUNDED:
        return "refunded", order.refunded_at  # type: ignore[attr-defined]
    return "kept", None
