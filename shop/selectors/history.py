"""What somebody looked at."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, QuerySet

from shop.models import Product, ProductView


@dataclass(frozen=True, slots=True)
class Viewer:
    """A customer, or a guest whose session carries `visitor`."""

    customer_id: int | None = None
    visitor: str = ""


@dataclass(frozen=True, slots=True)
class SeenProduct:
    product: Product
    seen_at: datetime  # the last time


def views_by(viewer: Viewer) -> "QuerySet[ProductView]":
    return ProductView.objects.filter(customer=viewer.customer_id, visitor=viewer.visitor)


def seen_product_ids(viewer: Viewer) -> "QuerySet[ProductView, tuple[int, datetime]]":
    """Each product once, with when it was last seen; that seen last first."""
    views = views_by(viewer).values("product_id").annotate(seen_at=Max("viewed_at"))
    return views.order_by("-seen_at", "-product_id").values_list("product_id", "seen_at")


def seen_products(seen: "list[tuple[int, datetime]]") -> list[SeenProduct]:
    """Off sale or not: who looks at a history wants to find what was there."""
    products = Product.objects.in_bulk([product_id for product_id, _ in seen])
    return [
        SeenProduct(products[product_id], seen_at) for product_id, seen_at in seen if product_id in products
    ]
