from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from recommender.admin.products import LONGEST_ID, NamingProducts
from recommender.models import ReviewEntry
from shop.admin.looking import OnlyLookedAt


def model_versions() -> Iterator[str]:
    """Those that read a published review, stepping from one to the next in an index: there may be millions
    of rows of each."""
    read = ReviewEntry.objects.published().order_by("labelled_with").values_list("labelled_with", flat=True)
    version: str | None = ""
    while version := read.filter(labelled_with__gt=version).first():
        yield version


class ReadByFilter(admin.SimpleListFilter):
    title = _("read by")
    parameter_name = "labelled_with__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("", _("no model yet")), *((version, version) for version in model_versions())]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[ReviewEntry]") -> "QuerySet[ReviewEntry]":
        return queryset if self.value() is None else queryset.filter(labelled_with=self.value())


@admin.register(ReviewEntry)
class ReviewEntryAdmin(NamingProducts, OnlyLookedAt, admin.ModelAdmin[ReviewEntry]):
    """Which reviews the tag model has read, and which version of it did."""

    list_display = ("review_id", "product_name", "stars", "title", "labelled_with")
    list_filter = ("is_published", ReadByFilter)
    search_fields = ("review_id__exact", "product_id__exact")
    search_help_text = _("The id of a review or of a product")
    ordering = ("-review_id",)
    list_per_page = 50
    show_full_result_count = False
    fields = readonly_fields = (
        "review_id", "product_id", "stars", "title", "body", "is_published", "labelled_with",
    )  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[ReviewEntry]", search_term: str
    ) -> tuple["QuerySet[ReviewEntry]", bool]:
        if not search_term:
            return queryset, False
        is_id = search_term.isdecimal() and len(search_term) < LONGEST_ID
        wanted = Q(review_id=int(search_term)) | Q(product_id=int(search_term)) if is_id else Q(pk=None)
        return queryset.filter(wanted), False
