"""What crawlers ask for: which pages there are, and which are not for them."""

from typing import Any

from django.contrib.sitemaps import GenericSitemap
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shop.models import Category, Product


def sitemap_of(rows: "QuerySet[Any]") -> GenericSitemap[Any]:
    info: dict[str, Any] = {"queryset": rows.only("changed_at").order_by("pk"), "date_field": "changed_at"}
    sitemap: GenericSitemap[Any] = GenericSitemap(info)
    sitemap.limit = 10_000  # addresses a file
    return sitemap


SITEMAPS = {
    "categories": sitemap_of(Category.objects.open()),
    "products": sitemap_of(Product.objects.on_sale()),
}


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return render(request, "robots.txt", content_type="text/plain; charset=utf-8")
