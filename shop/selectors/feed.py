"""What the recommender pulls: rows changed after a position, oldest first.

Rows commit out of order, so a reader must look again at what it may have missed: `FeedPosition.rewound`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from shop.models import CartItem, Category, OrderItem, Payment, Product, ProductView, Review
from shop.models.payments import PaymentOutcome
from shop.models.reviews import ReviewStatus
from shop.rich_text import plain_text
from shop.selectors.touched import TouchKind, kept, praises

ModelT = TypeVar("ModelT", bound=Model)

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# Longer than a row waits for its commit once it is stamped. A transaction that takes its time stamps its rows
# anew at its end: see shop.services.stamping.
OVERLAP = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, order=True)
class FeedPosition:
    """Everything up to this row, in the order (changed_at, id), has been read."""

    changed_at: datetime = BEGINNING
    row_id: int = 0

    def rewound(self, read_at: datetime) -> "FeedPosition":
        """Where to read on from, whenever that is, after what was read at `read_at`.

        Rows that were younger than the overlap by then may since have been committed behind us.
        """
        return min(self, FeedPosition(read_at - OVERLAP))


@dataclass(frozen=True, slots=True)
class ReviewRow:
    position: FeedPosition
    review_id: int
    product_id: int
    stars: int
    title: str
    body: str
    is_published: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProductRow:
    position: FeedPosition
    product_id: int
    name: str
    brief: str
    detail: str
    brand: str
    name_zh: str
    detail_zh: str
    category_names_zh: tuple[str, ...]
    words_zh: tuple[str, ...]  # name, brief and categories in Chinese, as far as they have one
    category_ids: tuple[int, ...]  # from the department down to the product's own
    category_names: tuple[str, ...]
    selling_price: Decimal | None
    is_available: bool


@dataclass(frozen=True, slots=True)
class TouchRow:
    """`source_id` is the id of the row that says so: a view, a cart's line, an order's, a review."""

    position: FeedPosition
    kind: TouchKind
    source_id: int
    shopper: str
    product_id: int
    at: datetime


def changed_reviews(after: FeedPosition, limit: int) -> list[ReviewRow]:
    rows = _after(Review.objects.all(), after)[:limit]
    return [
        ReviewRow(
            position=FeedPosition(row.changed_at, row.pk),
            review_id=row.pk,
            product_id=row.product_id,
            stars=row.stars,
            title=row.title,
            body=row.body,
            is_published=row.status == ReviewStatus.PUBLISHED,
            created_at=row.created_at,
        )
        for row in rows
    ]


def changed_products(after: FeedPosition, limit: int) -> list[ProductRow]:
    rows = _after(Product.objects.select_related("category__parent__parent"), after)[:limit]
    return [_product_row(row) for row in rows]


def new_touches(kind: TouchKind, after: FeedPosition, limit: int) -> list[TouchRow]:
    """What shoppers looked at, put into their carts, paid for or praised; a purchase as it was paid."""
    match kind:
        case TouchKind.VIEWED:
            return [
                TouchRow(
                    FeedPosition(row.viewed_at, row.pk), kind, row.pk, shopper(row.customer_id, row.visitor),
                    row.product_id, row.viewed_at,
                )
                for row in _after(ProductView.objects.all(), after, "viewed_at")[:limit]
            ]  # fmt: skip
        case TouchKind.CARTED:
            return [
                TouchRow(
                    FeedPosition(row.changed_at, row.pk), kind, row.pk, shopper(row.customer_id),
                    row.product_id, row.changed_at,
                )
                for row in _after(CartItem.objects.all(), after)[:limit]
            ]  # fmt: skip
        case TouchKind.BOUGHT:
            paid = Payment.objects.filter(outcome=PaymentOutcome.ACCEPTED)
            payments = _after(paid.select_related("order"), after, "created_at")[:limit]
            return [row for payment in _with_items(payments) for row in payment]
        case TouchKind.PRAISED:
            return [
                TouchRow(
                    FeedPosition(row.changed_at, row.pk), kind, row.pk, shopper(row.customer_id),
                    row.product_id, row.created_at,
                )
                for row in _after(praises(), after)[:limit]
            ]  # fmt: skip


def _with_items(payments: "Iterable[Payment]") -> Iterator[list[TouchRow]]:
    """Of each payment, the lines of its order, all at the payment's place in the feed."""
    found = list(payments)
    items = OrderItem.objects.filter(order__in=[payment.order_id for payment in found]).order_by("pk")
    lines: dict[int, list[OrderItem]] = defaultdict(list)
    for item in items:
        lines[item.order_id].append(item)
    for payment in found:
        position = FeedPosition(payment.created_at, payment.pk)
        customer = shopper(payment.order.customer_id)
        at = payment.order.paid_at or payment.created_at
        yield [
            TouchRow(position, TouchKind.BOUGHT, item.pk, customer, item.product_id, at)
            for item in lines[payment.order_id]
        ]


def shopper(customer_id: int | None, visitor: str = "") -> str:
    """`c12` for a customer, `v…` for a guest."""
    return f"c{customer_id}" if customer_id else f"v{visitor}"


def touches_that_remain(kind: TouchKind, source_ids: Collection[int]) -> dict[int, str]:
    """Those of `source_ids` that still stand: not erased, given back or withdrawn, nor of who has gone.

    Each with its shopper: what a guest looked at becomes a customer's.
    """
    rows: dict[TouchKind, QuerySet[Any, Any]] = {
        TouchKind.VIEWED: ProductView.objects.values_list("pk", "customer_id", "visitor"),
        TouchKind.CARTED: CartItem.objects.values_list("pk", "customer_id"),
        TouchKind.BOUGHT: kept()
        .filter(order__customer__is_deleted=False)
        .values_list("pk", "order__customer_id"),
        TouchKind.PRAISED: praises().filter(customer__is_deleted=False).values_list("pk", "customer_id"),
    }
    return {pk: shopper(*whose) for pk, *whose in rows[kind].filter(pk__in=source_ids).order_by()}


def _after(
    rows: "QuerySet[ModelT]", position: FeedPosition, moment: str = "changed_at"
) -> "QuerySet[ModelT]":
    same_instant = Q(**{moment: position.changed_at, "pk__gt": position.row_id})
    # The first condition says nothing new, but gives the index a range to walk.
    return rows.filter(
        Q(**{f"{moment}__gte": position.changed_at}),
        Q(**{f"{moment}__gt": position.changed_at}) | same_instant,
    ).order_by(moment, "pk")


def _product_row(product: Product) -> ProductRow:
    path: list[Category] = []
    node: Category | None = product.category
    while node is not None:
        path.insert(0, node)
        node = node.parent
    return ProductRow(
        position=FeedPosition(product.changed_at, product.pk),
        product_id=product.pk,
        name=product.name,
        brief=product.brief,
        detail=product.detail or plain_text(product.rich_detail),
        brand=product.brand,
        name_zh=product.name_zh,
        detail_zh=product.detail_zh or plain_text(product.rich_detail_zh),
        category_names_zh=tuple(category.name_zh for category in path),
        words_zh=tuple(
            filter(None, (product.name_zh, product.brief_zh, *(category.name_zh for category in path)))
        ),
        category_ids=tuple(category.pk for category in path),
        category_names=tuple(category.name for category in path),
        selling_price=product.selling_price,
        is_available=product.is_available and not product.category.is_deleted,
    )
