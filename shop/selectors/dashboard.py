"""What the shop's day looks like: what waits, what came in, what sells."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.figures import Figure
from shop.models import Order, OrderItem, Payment, Product, ProductTag, Refund, Review
from shop.models.catalogue import in_language
from shop.models.orders import OrderStatus
from shop.models.payments import PaymentOutcome, RefundStatus
from shop.models.reviews import ReviewStatus

LATE = timedelta(days=1)  # an order that waits longer than this is late
SOON = timedelta(minutes=10)
RECENT = timedelta(days=7)
LOW = 5  # fewer free pieces than these
READABLE = 3  # reviews that should have come to a tag
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Day:
    """What orders paid within it came to, refunds not taken off; its list is narrowed by `lookups`."""

    begins_at: datetime
    ends_at: datetime
    revenue: Decimal
    percent: int  # of the best day shown

    @property
    def lookups(self) -> dict[str, str]:
        return {"paid_at__gte": self.begins_at.isoformat(), "paid_at__lt": self.ends_at.isoformat()}


@dataclass(frozen=True, slots=True)
class Seller:
    product_id: int
    name: str
    pieces: int


def order_figures() -> Iterable[Figure]:
    late, soon = (timezone.now() - LATE).isoformat(), (timezone.now() + SOON).isoformat()
    paid, packed, unpaid = (
        str(status.value) for status in (OrderStatus.PAID, OrderStatus.PACKED, OrderStatus.AWAITING_PAYMENT)
    )
    for label, lookups, is_pressing in (
        (_("To pack"), {"status": paid}, False),
        (_("To pack, for more than a day"), {"status": paid, "created_at__lt": late}, True),
        (_("To ship"), {"status": packed}, False),
        (_("To ship, for more than a day"), {"status": packed, "created_at__lt": late}, True),
        (_("Unpaid, to expire within ten minutes"), {"status": unpaid, "pay_until__lt": soon}, False),
    ):
        yield Figure(label, "shop.order", Order.objects.filter(**lookups).count(), lookups, is_pressing)


def refund_figures() -> Iterable[Figure]:
    lookups = {"status": RefundStatus.REQUESTED.value}
    yield Figure(_("Refund requests"), "shop.refund", Refund.objects.filter(**lookups).count(), lookups, True)


def payment_figures() -> Iterable[Figure]:
    strange = [PaymentOutcome.SURPLUS.value, PaymentOutcome.MISMATCHED.value]
    since = (timezone.now() - RECENT).isoformat()
    number = Payment.objects.filter(outcome__in=strange, created_at__gte=since).count()
    lookups = {"outcome__in": ",".join(strange), "created_at__gte": since}
    yield Figure(_("Payment exceptions of seven days"), "shop.payment", number, lookups, True)


def product_figures() -> Iterable[Figure]:
    yield Figure(_("Low stock"), "shop.product", low_stock().count(), {"stock": "low"})
    yield Figure(
        _("Reviewed products without tags"), "shop.product", untagged().count(), {"tagged": "none"}, True
    )


def review_figures() -> Iterable[Figure]:
    lookups = {"status": ReviewStatus.HELD.value}
    number = Review.objects.filter(**lookups).count()
    yield Figure(_("Reviews to moderate"), "shop.review", number, lookups)


def low_stock() -> "QuerySet[Product]":
    """On sale, with fewer than LOW pieces that no order holds."""
    return Product.objects.filter(is_on_sale=True, on_hand__lt=F("allocated") + LOW)


def untagged() -> "QuerySet[Product]":
    """On sale, with READABLE reviews or more, and no tag made of them: the tag model lags or fails."""
    tags = ProductTag.objects.filter(product=OuterRef("pk"))
    return Product.objects.filter(~Exists(tags), is_on_sale=True, review_count__gte=READABLE)


def revenue_of_a_week() -> list[Day]:
    """Eight days, today first: the last is the same weekday a week ago, up to the same time of day."""
    now = timezone.localtime()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    spans = [(today - timedelta(days=ago), today - timedelta(days=ago - 1)) for ago in range(8)]
    spans[-1] = (spans[-1][0], now - timedelta(days=7))
    sums = Order.objects.filter(paid_at__gte=spans[-1][0]).aggregate(
        **{
            f"day_{n}": Sum("total", filter=Q(paid_at__gte=a, paid_at__lt=b))
            for n, (a, b) in enumerate(spans)
        }
    )
    revenues = [Decimal(sums[f"day_{n}"] or 0).quantize(CENT) for n in range(8)]
    best = max(revenues) or 1
    return [
        Day(begins_at, ends_at, revenue, round(100 * revenue / best))
        for (begins_at, ends_at), revenue in zip(spans, revenues, strict=True)
    ]


def top_ten() -> list[Seller]:
    """The most pieces in orders paid within seven days and not closed."""
    rows = (
        OrderItem.objects.filter(order__paid_at__gte=timezone.now() - RECENT, order__status__gt=0)
        .order_by()
        .values("product_id", "product__name", "product__name_zh")
        .annotate(pieces=Sum("quantity"))
        .order_by("-pieces", "product_id")
    )
    return [
        Seller(row["product_id"], in_language(row["product__name"], row["product__name_zh"]), row["pieces"])
        for row in rows[:10]
    ]
