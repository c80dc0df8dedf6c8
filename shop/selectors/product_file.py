"""The cells of products in a CSV file."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from shop.models import Category, Product
from shop.product_csv import COLUMNS, PATH_SEPARATOR, Cells
from shop.selectors.catalogue import path_to


def all_products() -> "QuerySet[Product]":
    return Product.objects.select_related("category__parent__parent").order_by("pk")


def rows_of(products: "QuerySet[Product]") -> Iterator[Cells]:
    """A row a product, without holding them all."""
    for product in products.iterator(chunk_size=500):
        yield cells_of(product, path_text(product.category))


def cells_of(product: Product, category: str) -> Cells:
    """All columns of a product that stands at the path `category`."""
    cells = {column: cell_of(getattr(product, column)) for column in COLUMNS if column != "category"}
    return {column: cells.get(column, category) for column in COLUMNS}


def path_text(category: Category) -> str:
    """`Tea & Coffee > Tea > Green tea`, in English whatever language is active."""
    return PATH_SEPARATOR.join(step.name for step in path_to(category))


def cell_of(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:.2f}"
        case _:
            return str(value)
