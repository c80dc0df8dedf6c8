"""What staff decide of recommendations, and what shoppers got and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from recommender.models import Click, Impression, Place, Placement, ReviewEntry, TagCluster
from recommender.selectors import Reason, ReasonKind
from recommender.shelf import ALIKE_SENTENCES, ASKED_SENTENCES, SHOPPER_SENTENCES
from shop.admin.looking import OnlyLookedAt
from shop.forms.admin import NAMED_HALVES
from shop.label_names import local_label
from shop.models import Customer, HomeSlot, Product
from shop.remembering import remembered

MAP_SECONDS = 300
LONGEST_ID = 19  # digits
SENTENCES = {Place.ALIKE: ALIKE_SENTENCES, Place.ASK: ASKED_SENTENCES, Place.FOR_YOU: SHOPPER_SENTENCES}


class PlacementForm(ModelForm[Placement]):
    """A product is looked up by its name: the row itself knows no more than its id."""

    product = forms.ModelChoiceField(
        Product.objects.all(), label=capfirst(_("product")),
        widget=AutocompleteSelect(HomeSlot._meta.get_field("product"), admin.site),
    )  # fmt: skip

    class Meta:
        model = Placement
        fields = ("kind", "until", "note")

    def clean_product(self) -> Product:
        product: Product = self.cleaned_data["product"]
        if self.instance.pk is None and Placement.objects.filter(pk=product.pk).exists():
            raise forms.ValidationError(_("There is a decision about this product already: change that one."))
        return product


@admin.register(Placement)
class PlacementAdmin(admin.ModelAdmin[Placement]):
    list_display = ("product_name", "kind", "until", "note", "decided_at")
    list_filter = ("kind", "until")
    search_fields = ("note",)
    list_per_page = 50
    form = PlacementForm
    formfield_overrides = NAMED_HALVES

    def get_fields(self, request: HttpRequest, obj: Placement | None = None) -> tuple[str, ...]:
        return ("named", "kind", "until", "note") if obj else ("product", "kind", "until", "note")

    def get_readonly_fields(self, request: HttpRequest, obj: Placement | None = None) -> tuple[str, ...]:
        return ("named",) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if change:
            form.base_fields.pop("product", None)
        return form

    def save_model(
        self, request: HttpRequest, obj: Placement, form: ModelForm[Placement], change: bool
    ) -> None:
        if not change:
            obj.product_id = form.cleaned_data["product"].pk
        obj.decided_by = request.user.pk
        super().save_model(request, obj, form, change)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        rows = super().get_changelist_instance(request)
        name_products(rows.result_list)
        return rows

    @admin.display(description=_("product"))
    def product_name(self, placement: Placement) -> str:
        return getattr(placement, "product_name", "") or str(placement.product_id)

    @admin.display(description=_("product"))
    def named(self, placement: Placement) -> SafeString:
        return linked(placement.product_id, products_by_id([placement.product_id]))


@admin.register(Impression)
class ImpressionAdmin(OnlyLookedAt, admin.ModelAdmin[Impression]):
    """Why a shopper got a product. Nobody changes what was shown."""

    list_display = ("shown_at", "place", "shopper", "first_product", "is_fallback")
    list_filter = ("place", "is_fallback", "shown_at")
    search_fields = ("customer_id__exact",)
    search_help_text = _("A customer's login name or id")
    list_per_page = 50
    show_full_result_count = False
    fields = readonly_fields = ("shown_at", "place", "shopper", "beside", "is_fallback", "why")

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Impression]", search_term: str
    ) -> tuple["QuerySet[Impression]", bool]:
        """By login name, which the shop's database knows, or by id."""
        if not search_term:
            return queryset, False
        named = Customer.objects.filter(login_name=search_term).values_list("pk", flat=True)
        ids = set(named) | (
            {int(search_term)} if search_term.isdecimal() and len(search_term) < LONGEST_ID else set()
        )
        return queryset.filter(customer_id__in=ids), False

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        rows = super().get_changelist_instance(request)
        name_shoppers(rows.result_list)
        return rows

    @admin.display(description=_("customer"))
    def shopper(self, impression: Impression) -> str:
        if impression.customer_id is None:
            return gettext("a guest")
        if not hasattr(impression, "shopper_name"):
            name_shoppers([impression])
        return str(getattr(impression, "shopper_name", impression.customer_id))

    @admin.display(description=_("first product"))
    def first_product(self, impression: Impression) -> str:
        return str(getattr(impression, "first_name", ""))

    @admin.display(description=_("beside product"))
    def beside(self, impression: Impression) -> SafeString | str:
        if impression.beside_id is None:
            return "–"
        return on_sale_as(impression.beside_id, products_by_id([impression.beside_id]))

    @admin.display(description=_("why"))
    def why(self, impression: Impression) -> SafeString:
        """A row for each product: its reason, what its score is made of, and whether it was opened."""
        names = products_by_id(impression.product_ids)
        opened = set(Click.objects.filter(impression=impression).values_list("product_id", flat=True))
        parts = impression.parts or [None] * len(impression.product_ids)
        rows = [
            (
                on_sale_as(product_id, names),
                sentence_of(impression.place, reason),
                told(part),
                gettext("opened") if product_id in opened else "",
            )
            for product_id, reason, part in zip(
                impression.product_ids, impression.reasons, parts, strict=True
            )
        ]
        return format_html(
            "<table><thead><tr><th>{}</th><th>{}</th><th>{}</th><td></td></tr></thead><tbody>{}</tbody></table>",
            gettext("product"),
            gettext("reason"),
            gettext("parts of the score"),
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows),
        )


class NamingProducts:
    """Put before ModelAdmin: its list names the product of each row, in one query for a page."""

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        rows: ChangeList = super().get_changelist_instance(request)  # type: ignore[misc]  # ModelAdmin's
        name_products(rows.result_list)
        return rows

    @admin.display(description=_("product"))
    def product_name(self, row: ReviewEntry | TagCluster) -> str:
        return getattr(row, "product_name", "") or str(row.product_id)


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


@admin.register(TagCluster)
class TagClusterAdmin(NamingProducts, OnlyLookedAt, admin.ModelAdmin[TagCluster]):
    """What reviews say of products, as it was clustered, with pictures. The worker alone changes it."""

    list_display = ("tag", "product_name", "reviews", "percent")
    search_fields = ("medoid_id__exact",)
    search_help_text = _("A tag in English, or a product's id")
    ordering = ("-count", "pk")
    list_per_page = 50
    show_full_result_count = False
    fields = readonly_fields = ("tag", "product_link", "labels", "reviews", "percent", "picture")

    def get_urls(self) -> list[URLPattern]:
        pictures = [
            path("map.png", self.admin_site.admin_view(self.map_picture), name="recommender_tagcluster_map"),
            path(
                "product-<int:product_id>.png", self.admin_site.admin_view(self.product_picture),
                name="recommender_tagcluster_product",
            ),
        ]  # fmt: skip
        return [*pictures, *super().get_urls()]

    def map_picture(self, request: HttpRequest) -> HttpResponse:
        """All tags of the shop; t-SNE takes seconds, so it is kept for some minutes."""
        self._refuse_whoever_may_not_look(request)
        return png(remembered("tag map", get_language(), MAP_SECONDS, lambda: drawing().picture_of_all()))

    def product_picture(self, request: HttpRequest, product_id: int) -> HttpResponse:
        self._refuse_whoever_may_not_look(request)
        product = get_object_or_404(Product, pk=product_id)
        return png(drawing().picture_of_product(product.pk, product.local_name))

    def _refuse_whoever_may_not_look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[TagCluster]", search_term: str
    ) -> tuple["QuerySet[TagCluster]", bool]:
        if not search_term:
            return queryset, False
        is_id = search_term.isdecimal() and len(search_term) < LONGEST_ID
        wanted = Q(product_id=int(search_term)) if is_id else Q(medoid_id=search_term)
        return queryset.filter(wanted), False

    @admin.display(description=_("tag"), ordering="medoid_id")
    def tag(self, cluster: TagCluster) -> str:
        return local_label(cluster.medoid_id)

    @admin.display(description=_("labels"))
    def labels(self, cluster: TagCluster) -> str:
        return ", ".join(map(local_label, cluster.members))

    @admin.display(description=_("reviews that say so"), ordering="count")
    def reviews(self, cluster: TagCluster) -> int:
        return cluster.count

    @admin.display(description=_("product"))
    def product_link(self, cluster: TagCluster) -> SafeString:
        return linked(cluster.product_id, products_by_id([cluster.product_id]))

    @admin.display(description=_("share"), ordering="share")
    def percent(self, cluster: TagCluster) -> str:
        return f"{cluster.share:.0%}"

    @admin.display(description=_("the product's labels"))
    def picture(self, cluster: TagCluster) -> SafeString:
        address = reverse("admin:recommender_tagcluster_product", args=[cluster.product_id])
        return format_html('<img src="{}" alt="" width="680" height="467">', address)


def drawing() -> ModuleType:
    """The module that draws: matplotlib takes half a second and much memory, and few pages need it."""
    return import_module("recommender.pictures")


def png(picture: bytes) -> HttpResponse:
    return HttpResponse(picture, content_type="image/png")


def sentence_of(place: str, reason: Sequence[Any]) -> str:
    """As the shopper read it."""
    kind, label, count = reason
    return SENTENCES[Place(place)].of(Reason(ReasonKind(kind), label, count))


def told(part: Mapping[str, Any] | None) -> str:
    """What a score is made of, in a sentence; empty where it is not known."""
    if not part:
        return ""
    source = (
        gettext("from behaviour and from interest %(number)d")
        if part["behaviour"] and part["interest"] is not None
        else gettext("from behaviour")
        if part["behaviour"]
        else gettext("from interest %(number)d")
        if part["interest"] is not None
        else gettext("not from what was touched")
    ) % {"number": (part["interest"] or 0) + 1}
    if part.get("is_pinned"):  # of which rows of former times say nothing
        source = gettext("pinned by staff, %(source)s") % {"source": source}
    shares = gettext(
        "behaviour %(behaviour).2f (trusted to %(shopper).0f %% for the shopper, to %(product).0f %% for the "
        "product), content %(content).2f"
    ) % {
        "behaviour": part["behaviour"], "shopper": 100 * part["shopper"], "product": 100 * part["product"],
        "content": part["content"],
    }  # fmt: skip
    return f"{source}: {shares}"


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


def name_shoppers(rows: Iterable[Impression]) -> None:
    """Two queries for a page of the list."""
    shoppers = Customer.objects.in_bulk({row.customer_id for row in rows if row.customer_id})
    products = products_by_id(row.product_ids[0] for row in rows if row.product_ids)
    for row in rows:
        if row.customer_id in shoppers:
            row.shopper_name = shoppers[row.customer_id].login_name  # type: ignore[attr-defined]
        if row.product_ids and row.product_ids[0] in products:
            row.first_name = products[row.product_ids[0]].local_name  # type: ignore[attr-defined]
