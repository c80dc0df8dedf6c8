"""Proving that the ledgers and the sums kept beside them agree."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from shop.models import Coupon, CustomerCoupon, Order, OrderItem, Payment, Product, Refund, StockMovement
from shop.models.orders import ALLOCATING, CLOSED
from shop.models.payments import PaymentOutcome, RefundStatus

AT_ONCE = 1000
MOST_TOLD = 100
COUNTED_PAYMENTS = (PaymentOutcome.ACCEPTED, PaymentOutcome.SURPLUS)
COUNTED_REFUNDS = (RefundStatus.APPROVED, RefundStatus.PAID_OUT)


@dataclass(frozen=True, slots=True)
class Difference:
    """Of `what`, the rows kept say `kept` and their ledger `proved`."""

    what: str
    kept: object
    proved: object

    def __str__(self) -> str:
        return f"{self.what}: {self.kept} is kept, {self.proved} is proved"


def report_differences(
    *, prove: Callable[[], Iterable[Difference]], tell: Callable[[str, str], None], what: str
) -> int:
    """Look twice, as one in flight may show, and `tell` staff of what stays. Returns how many do."""
    first = {str(each) for each in prove()}
    stayed = [each for each in map(str, prove()) if each in first] if first else []
    if stayed:
        lines = stayed[:MOST_TOLD] + (["…"] if len(stayed) > MOST_TOLD else [])
        tell(f"{what}: differences ({len(stayed)})", "\n".join(lines))
    return len(stayed)


def differences() -> Iterator[Difference]:
    """Every difference there is; none in a sound shop. While orders are placed, one in flight may show."""
    yield from _stock()
    yield from _orders()
    yield from _coupons()


def _stock() -> Iterator[Difference]:
    movements = StockMovement.objects.filter(product=OuterRef("pk")).order_by().values("product")
    open_lines = (
        OrderItem.objects.filter(product=OuterRef("pk"), order__status__in=ALLOCATING)
        .order_by()
        .values("product")
    )
    products = Product.objects.order_by("pk").annotate(
        moved=_sum(movements, "on_hand_change"),
        held=_sum(movements, "allocated_change"),
        open=_sum(open_lines, "quantity"),
    )
    rows = products.exclude(on_hand=F("moved"), allocated=F("held"), open=F("allocated"))
    for row in rows.values("pk", "on_hand", "allocated", "moved", "held", "open").iterator(AT_ONCE):
        yield from _unequal(f"product {row['pk']}, on hand by movements", row["on_hand"], row["moved"])
        yield from _unequal(f"product {row['pk']}, allocated by movements", row["allocated"], row["held"])
        yield from _unequal(f"product {row['pk']}, allocated by open lines", row["allocated"], row["open"])


def _orders() -> Iterator[Difference]:
    orders = Order.objects.order_by("pk").prefetch_related("items", "payments", "refunds")
    for order in orders.iterator(AT_ONCE):
        goods = sum((item.total for item in order.items.all()), Decimal(0))
        paid = _amount(order.payments.all(), COUNTED_PAYMENTS, "outcome")
        refunded = _amount(order.refunds.all(), COUNTED_REFUNDS, "status")
        name = f"order {order.number}"
        yield from _unequal(f"{name}, goods", order.goods_total, goods)
        total = order.goods_total - order.discount_total + order.delivery_fee
        yield from _unequal(f"{name}, total", order.total, total)
        yield from _unequal(f"{name}, received", order.paid_total, paid)
        yield from _unequal(f"{name}, refunded", order.refunded_total, refunded)
        if order.status > 0:
            yield from _unequal(f"{name}, paid in full", order.total, min(order.paid_total, order.total))
        if order.is_closed:
            yield from _unequal(f"{name}, closed and given back", order.refunded_total, order.paid_total)


def _coupons() -> Iterator[Difference]:
    held = CustomerCoupon.objects.filter(coupon=OuterRef("pk")).order_by().values("coupon")
    given = held.annotate(n=Sum(1, output_field=IntegerField())).values("n")
    for coupon in Coupon.objects.order_by("pk").annotate(given=Coalesce(Subquery(given), 0)):
        yield from _unequal(f"coupon {coupon.pk}, had so far", coupon.claimed_count, vars(coupon)["given"])
    yield from _spent_in_parts()
    kept_by_closed = CustomerCoupon.objects.filter(used_on__status__in=CLOSED).order_by("pk")
    for copy in kept_by_closed.select_related("used_on"):
        yield Difference(f"customer's coupon {copy.pk}", f"used on {copy.used_on}", "that order is closed")


def _spent_in_parts() -> Iterator[Difference]:
    copies = CustomerCoupon.objects.exclude(value=None).select_related("coupon").order_by("coupon_id", "pk")
    for coupon, parts in groupby(copies.iterator(AT_ONCE), key=lambda copy: copy.coupon):
        proved = sum((part.worth for part in parts), Decimal(0))
        yield from _unequal(f"coupon {coupon.pk}, its parts", coupon.value, proved)


def _sum(rows: "QuerySet[Any, Any]", field: str) -> Coalesce:
    return Coalesce(Subquery(rows.annotate(sum=Sum(field)).values("sum")), 0, output_field=IntegerField())


def _amount(rows: "QuerySet[Payment] | QuerySet[Refund]", counted: tuple[str, ...], field: str) -> Decimal:
    return sum((row.amount for row in rows if getattr(row, field) in counted), Decimal(0))


def _unequal(what: str, kept: object, proved: object) -> Iterator[Difference]:
    if kept != proved:
        yield Difference(what, kept, proved)
