"""What somebody touched: looked at, put into a cart, bought, praised. Read live, for one; fed, for all."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.utils import timezone

from shop.models import CartItem, OrderItem, Review
from shop.models.orders import CLOSED, PaymentStatus
from shop.prepared import Prepared
from shop.selectors.history import Viewer, views_by
from shop.selectors.statements import Part, Statement, in_one_statement

PRAISE = 4  # stars from which a review speaks for a product
MOST_VIEWS, MOST_BOUGHT, MOST_CARTED, MOST_PRAISED = 60, 60, 30, 30  # the latest of each


class TouchKind(StrEnum):
    VIEWED = "viewed"
    CARTED = "carted"
    BOUGHT = "bought"
    PRAISED = "praised"


@dataclass(frozen=True, slots=True)
class Touch:
    kind: TouchKind
    product_id: int
    at: datetime


def touches_of(viewer: Viewer, in_cart: Collection[int] = ()) -> list[Touch]:
    """The latest, newest first, in one statement. `in_cart` are the products of a guest's cart."""
    if viewer.customer_id:
        rows = OF_CUSTOMER(viewer.customer_id)
    else:
        rows = in_one_statement(*viewed(viewer)) if viewer.visitor else []
    found = [Touch(TouchKind(kind), product_id, at) for kind, product_id, at in rows]
    # A guest's cart does not say when. By the minute, that the same cart a moment later is the same question.
    minute = timezone.now().replace(second=0, microsecond=0)
    found += [Touch(TouchKind.CARTED, product_id, minute) for product_id in in_cart]
    return sorted(found, key=lambda touch: (touch.at, touch.product_id, touch.kind), reverse=True)


def viewed(viewer: Viewer) -> list[Part]:
    return [of_kind(TouchKind.VIEWED, views_by(viewer), "viewed_at")[:MOST_VIEWS]]


def of_customer(own: int) -> list[Part]:
    return [
        *viewed(Viewer(customer_id=own)),
        of_kind(TouchKind.CARTED, CartItem.objects.filter(customer=own), "changed_at")[:MOST_CARTED],
        of_kind(TouchKind.BOUGHT, kept().filter(order__customer=own), "order__paid_at")[:MOST_BOUGHT],
        of_kind(TouchKind.PRAISED, praises().filter(customer=own), "created_at")[:MOST_PRAISED],
    ]


OF_CUSTOMER = Prepared(of_customer, Statement.of)


def of_kind(kind: TouchKind, rows: "QuerySet[Any, Any]", moment: str) -> Part:
    return rows.order_by(f"-{moment}", "-pk").values_list(
        Value(kind.value, CharField()), "product_id", F(moment)
    )


def kept() -> "QuerySet[OrderItem]":
    """What was paid for, and not given back as a whole."""
    return (
        OrderItem.objects.filter(order__paid_at__isnull=False)
        .exclude(order__status__in=CLOSED)
        .exclude(order__payment_status=PaymentStatus.REFUNDED)
    )


def praises() -> "QuerySet[Review]":
    return Review.objects.published().filter(stars__gte=PRAISE, customer__isnull=False)
