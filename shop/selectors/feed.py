"""What the recommender pulls: rows changed after a position, oldest first.

Rows commit out of order, so a reader must look again at the last seconds: `FeedPosition.rewound`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from shop.models import Category, Product, Review
from shop.models.reviews import ReviewStatus
from shop.rich_text import plain_text

ModelT = TypeVar("ModelT", bound=Model)

BEGINNING = datetime.min.replace(tzinfo=UTC)
OVERLAP = timedelta(seconds=10)  # longer than any transaction of ours that writes these rows


@dataclass(frozen=True, slots=True)
class FeedPosition:
    """Everything up to this row, in the order (changed_at, id), has been read."""

    changed_at: datetime = BEGINNING
    row_id: int = 0

    def rewound(self, now: datetime) -> "FeedPosition":
        """Where to read from at `now`: rows older than the overlap can no longer appear behind us."""
        return min(
            self, FeedPosition(now - OVERLAP), key=lambda position: (position.changed_at, position.row_id)
        )


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


def _after(rows: "QuerySet[ModelT]", position: FeedPosition) -> "QuerySet[ModelT]":
    same_instant = Q(changed_at=position.changed_at, pk__gt=position.row_id)
    # The first condition says nothing new, but gives the index a range to walk.
    return rows.filter(
        Q(changed_at__gte=position.changed_at), Q(changed_at__gt=position.changed_at) | same_instant
    ).order_by("changed_at", "pk")


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
