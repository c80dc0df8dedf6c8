"""A row of the recommender knows a product's id alone: its name comes from the shop's database."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from recommender.models import Placement, ReviewEntry, TagCluster, WithdrawnLabel
from shop.models import Product

OfProduct = Placement | ReviewEntry | TagCluster | WithdrawnLabel
LONGEST_ID = 19  # digits
MOST_FOUND = 1_000  # products or customers that a search takes into account


class NamingProducts(admin.ModelAdmin[Any]):
    """Rows say their product's name, in one query for a page of the list."""

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        rows = super().get_changelist_instance(request)
        name_products(rows.result_list)
        return rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        name_products([row] if row else [])
        return row

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        name_products(objs)
        return super().get_deleted_objects(objs, request)

    @admin.display(description=_("product"))
    def product_name(self, row: OfProduct) -> str:
        return row.product_name or str(row.product_id)

    @admin.display(description=_("product"))
    def product_link(self, row: OfProduct) -> SafeString:
        return linked(row.product_id, products_by_id([row.product_id]))


def ids_of_products(request: HttpRequest, term: str) -> list[int]:
    """Those that the list of products finds, and the one of this id."""
    listed = admin.site._registry[Product]
    rows, _is_multiplied = listed.get_search_results(request, Product.objects.all(), term)
    found = list(rows.order_by("-pk").values_list("pk", flat=True)[:MOST_FOUND])
    return [*found, int(term)] if is_id(term) else found


def is_id(term: str) -> bool:
    return term.isascii() and term.isdecimal() and len(term) < LONGEST_ID


def products_by_id(product_ids: Iterable[int]) -> Mapping[int, Product]:
    return Product.objects.in_bulk(set(product_ids))


def linked(product_id: int, products: Mapping[int, Product]) -> SafeString:
    name = products[product_id].local_name if product_id in products else f"#{product_id}"
    return format_html('<a href="{}">{}</a>', reverse("admin:shop_product_change", args=[product_id]), name)


def on_sale_as(product_id: int, products: Mapping[int, Product]) -> SafeString:
    """Leads to where shoppers see it: whoever answers them may have no rights over products."""
    if product_id not in products:
        return format_html("#{}", product_id)
    product = products[product_id]
    return format_html('<a href="{}">{}</a>', product.get_absolute_url(), product.local_name)


def name_products(rows: Iterable[OfProduct]) -> None:
    found = products_by_id(row.product_id for row in rows)
    for row in rows:
        if row.product_id in found:
            row.product_name = found[row.product_id].local_name
