"""A row of the recommender knows a product's id alone: its name comes from the shop's database."""

from collections.abc import Iterable, Mapping

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from recommender.models import Placement, ReviewEntry, TagCluster
from shop.models import Product

LONGEST_ID = 19  # digits


class NamingProducts:
    """Put before ModelAdmin: its list names the product of each row, in one query for a page."""

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        rows: ChangeList = super().get_changelist_instance(request)  # type: ignore[misc]  # ModelAdmin's
        name_products(rows.result_list)
        return rows

    @admin.display(description=_("product"))
    def product_name(self, row: Placement | ReviewEntry | TagCluster) -> str:
        return getattr(row, "product_name", "") or str(row.product_id)


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


def name_products(rows: Iterable[Placement | ReviewEntry | TagCluster]) -> None:
    """One query for a page of the list."""
    found = products_by_id(row.product_id for row in rows)
    for row in rows:
        if row.product_id in found:
            row.product_name = found[row.product_id].local_name  # type: ignore[union-attr]
