from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recommender.admin.products import MOST_FOUND, is_id, on_sale_as, products_by_id
from recommender.admin.report import report_page
from recommender.models import Click, Impression, Place
from recommender.selectors import Reason, ReasonKind
from recommender.shelf import ALIKE_SENTENCES, ASKED_SENTENCES, SHOPPER_SENTENCES
from shop.admin.looking import OnlyLookedAt
from shop.models import Customer

SENTENCES = {Place.ALIKE: ALIKE_SENTENCES, Place.ASK: ASKED_SENTENCES, Place.FOR_YOU: SHOPPER_SENTENCES}


@admin.register(Impression)
class ImpressionAdmin(OnlyLookedAt, admin.ModelAdmin[Impression]):
    """Why a shopper got a product. Nobody changes what was shown."""

    list_display = ("shown_at", "place", "shopper", "first_product", "is_fallback")
    list_filter = ("place", "is_fallback", "shown_at")
    search_fields = ("customer_id",)
    search_help_text = _("A part of a customer's login name, or an id")
    list_per_page = 50
    show_full_result_count = False
    fields = readonly_fields = ("shown_at", "place", "shopper_link", "beside", "stood_in", "why")

    def get_urls(self) -> list[URLPattern]:
        report = path("report/", self.admin_site.admin_view(report_page), name="recommender_report")
        return [report, *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Impression]", search_term: str
    ) -> tuple["QuerySet[Impression]", bool]:
        """By login name, which the shop's database knows, or by id."""
        if not search_term:
            return queryset, False
        named = Customer.objects.filter(login_name__icontains=search_term).order_by("-pk")
        ids = set(named.values_list("pk", flat=True)[:MOST_FOUND])
        return queryset.filter(
            customer_id__in=ids | ({int(search_term)} if is_id(search_term) else set())
        ), False

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

    @admin.display(description=_("customer"))
    def shopper_link(self, impression: Impression) -> SafeString | str:
        name = self.shopper(impression)
        if not hasattr(impression, "shopper_name"):
            return name
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:shop_customer_change", args=[impression.customer_id]), name
        )

    @admin.display(description=_("fallback"))
    def stood_in(self, impression: Impression) -> str:
        """Which places the most loved products took, and why they may."""
        loved = [reason[0] for reason in impression.reasons].count(ReasonKind.LOVED)
        if not loved:
            return gettext("No: all were recommended.")
        sentence = ngettext(
            "The most loved product took %(n)d place: the recommender was down, slow or knew too little.",
            "The most loved products took %(n)d places: the recommender was down, slow or knew too little.",
            loved,
        )
        return sentence % {"n": loved}

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


def name_shoppers(rows: Iterable[Impression]) -> None:
    """Two queries for a page of the list."""
    shoppers = Customer.objects.in_bulk({row.customer_id for row in rows if row.customer_id})
    products = products_by_id(row.product_ids[0] for row in rows if row.product_ids)
    for row in rows:
        if row.customer_id in shoppers:
            row.shopper_name = shoppers[row.customer_id].login_name  # type: ignore[attr-defined]
        if row.product_ids and row.product_ids[0] in products:
            row.first_name = products[row.product_ids[0]].local_name  # type: ignore[attr-defined]
