"""The pages of the back room that take products in and out by CSV."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.exceptions import WrongProductFile
from shop.forms.product_file import ProductFileForm
from shop.models import Product
from shop.product_csv import COLUMNS, written
from shop.selectors.product_file import all_products, rows_of
from shop.services.product_file import import_product_file

SHOWN = 200  # changes and wrong lines on the page; the counts say how many there are


class ByCsv(admin.ModelAdmin[Product]):
    """Adds the two pages, and an action that writes the chosen products."""

    def get_urls(self) -> list[URLPattern]:
        wrapped: Callable[..., Any] = self.admin_site.admin_view
        own = [
            path("export/", wrapped(self.export_all), name="shop_product_export"),
            path("import/", wrapped(self.import_file), name="shop_product_import"),
        ]
        return own + super().get_urls()

    def export_all(self, request: HttpRequest) -> StreamingHttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return csv_response(all_products())

    @admin.action(description=_("Write as CSV"), permissions=["view"])
    def export_chosen(self, request: HttpRequest, chosen: "QuerySet[Product]") -> StreamingHttpResponse:
        return csv_response(all_products().filter(pk__in=chosen.values("pk")))

    def import_file(self, request: HttpRequest) -> HttpResponse:
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        form = ProductFileForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {"form": form, "columns": COLUMNS, "shown": SHOWN}
        if form.is_valid():
            try:
                context["outcome"] = import_product_file(
                    content=form.cleaned_data["file"].read(),
                    actor_id=request.user.pk,
                    dry_run=form.cleaned_data["dry_run"],
                )
            except WrongProductFile as error:
                context["wrong"] = error.lines
        context |= self.admin_site.each_context(request) | {
            "title": _("Products by CSV"), "opts": self.opts, "was_dry": form.data.get("dry_run"),
        }  # fmt: skip
        status = 422 if "wrong" in context else 200
        return TemplateResponse(request, "admin/shop/product/import.html", context, status=status)


def csv_response(products: "QuerySet[Product]") -> StreamingHttpResponse:
    name = f"products-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(
        written(rows_of(products)), content_type="text/csv; charset=utf-8", headers=headers
    )
