from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommender.admin.products import NamingProducts, ids_of_products, is_id, name_products
from recommender.models import ReviewEntry, ReviewLabel, TagCluster
from recommender.withdrawing import withdrawn_from
from shop.admin.looking import OnlyLookedAt
from shop.label_names import local_label


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


class OfTagFilter(admin.SimpleListFilter):
    """Reviews that carry a label of the tag which a link names; nobody chooses one among thousands."""

    title = _("tag")
    parameter_name = "tag"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        asked = request.GET.get(self.parameter_name, "")
        self.tag = TagCluster.objects.filter(pk=int(asked)).first() if is_id(asked) else None
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        name_products([self.tag] if self.tag else [])
        return [(str(self.tag.pk), str(self.tag))] if self.tag else []

    def queryset(self, request: HttpRequest, queryset: "QuerySet[ReviewEntry]") -> "QuerySet[ReviewEntry]":
        if self.tag is None:
            return queryset
        carried = ReviewLabel.objects.filter(product_id=self.tag.product_id, label__in=self.tag.members)
        return queryset.filter(pk__in=carried.values("review_id"))


@admin.register(ReviewEntry)
class ReviewEntryAdmin(OnlyLookedAt, NamingProducts):
    """Which reviews the tag model has read, which version of it did, and what it read in them."""

    list_display = ("review_id", "product_name", "stars", "title", "labelled_with")
    list_filter = ("is_published", ReadByFilter, OfTagFilter)
    search_fields = ("review_id",)
    search_help_text = _("The id of a review, or whatever finds a product in its own list")
    ordering = ("-review_id",)
    list_per_page = 50
    show_full_result_count = False
    fields = readonly_fields = (
        "review_id", "product_link", "stars", "title", "body", "is_published", "labelled_with", "labels",
    )  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[ReviewEntry]", search_term: str
    ) -> tuple["QuerySet[ReviewEntry]", bool]:
        if not search_term:
            return queryset, False
        wanted = Q(product_id__in=ids_of_products(request, search_term))
        if is_id(search_term):
            wanted |= Q(review_id=int(search_term))
        return queryset.filter(wanted), False

    @admin.display(description=_("labels"))
    def labels(self, entry: ReviewEntry) -> SafeString | str:
        """What the model read in it, the surest first, each with the tag that it is in."""
        rows = list(read_in(entry))
        if not rows:
            return "–"
        return format_html(
            "<table><thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>{}</tbody></table>",
            gettext("label"),
            gettext("probability"),
            gettext("tag"),
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", rows),
        )


def read_in(entry: ReviewEntry) -> Iterator[tuple[str, str, SafeString | str]]:
    """A label, its probability, and the tag of the product that it belongs to or why there is none."""
    tags = TagCluster.objects.filter(product_id=entry.product_id)
    tag_of = {member: tag for tag in tags for member in tag.members}
    withdrawn = withdrawn_from([entry.product_id])
    read = ReviewLabel.objects.filter(review_id=entry.pk).select_related("label")
    for found in read.order_by("-score", "label_id"):
        if (entry.product_id, found.label_id, found.label.polarity) in withdrawn:
            tag: SafeString | str = gettext("taken off this product")
        elif found.label_id in tag_of:
            tag = leading_to(tag_of[found.label_id])
        else:
            tag = gettext("in no tag")
        yield local_label(found.label_id), f"{found.score:.0%}", tag


def leading_to(tag: TagCluster) -> SafeString:
    address = reverse("admin:recommender_tagcluster_change", args=[tag.pk])
    return format_html('<a href="{}">{}</a>', address, local_label(tag.medoid_id))
