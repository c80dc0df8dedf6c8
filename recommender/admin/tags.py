from importlib import import_module
from types import ModuleType
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recommender.admin.products import NamingProducts, ids_of_products, name_products
from recommender.models import Label, TagCluster, WithdrawnLabel
from recommender.withdrawing import withdraw_tags
from shop.admin.looking import OnlyLookedAt
from shop.label_names import labels_named, local_label
from shop.models import Product
from shop.models.tags import Polarity
from shop.remembering import remembered

MAP_SECONDS = 300
MOST_LABELS = 1_000  # that a search takes into account
CONFIRMED = "confirmed"  # sent by the page between choosing tags and taking them off


class PolarityFilter(admin.SimpleListFilter):
    title = _("polarity")
    parameter_name = "polarity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [(str(value), name) for value, name in Polarity.choices]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        chosen = self.value()
        return queryset.filter(polarity=chosen) if chosen in dict(self.lookup_choices) else queryset


class WithdrawalForm(forms.Form):
    note = forms.CharField(
        label=capfirst(_("note")), help_text=_("Why; shoppers do not see it."),
        max_length=WithdrawnLabel._meta.get_field("note").max_length,
    )  # fmt: skip


@admin.register(TagCluster)
class TagClusterAdmin(OnlyLookedAt, NamingProducts):
    """What reviews say of products, as it was clustered, with pictures. The worker alone changes it; staff
    take off what is not said."""

    list_display = ("tag", "product_name", "polarity_name", "labels", "reviews", "percent")
    list_filter = (PolarityFilter,)
    search_fields = ("medoid_id",)
    search_help_text = _("A tag, or whatever finds a product in its own list")
    ordering = ("-count", "pk")
    list_per_page = 50
    show_full_result_count = False
    actions = ("withdraw",)
    fields = readonly_fields = (
        "tag", "product_link", "polarity_name", "labels", "reviews", "percent", "picture",
    )  # fmt: skip

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
        """By a part of one of its labels, in English or Chinese, or by its product."""
        if not search_term:
            return queryset, False
        texts = Label.objects.filter(text__icontains=search_term).values_list("text", flat=True)[:MOST_LABELS]
        by_label = queryset.filter(members__overlap=[*texts, *labels_named(search_term)])
        return by_label | queryset.filter(product_id__in=ids_of_products(request, search_term)), False

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("recommender.add_withdrawnlabel")

    @admin.action(description=_("Not said of this product …"), permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, chosen: "QuerySet[TagCluster]") -> HttpResponse | None:
        """Shows on a page of its own what goes, and asks why."""
        tags = list(chosen.order_by("product_id", "rank"))
        form = WithdrawalForm(request.POST if CONFIRMED in request.POST else None)
        if not form.is_valid():
            return self.ask(request, tags, form)
        taken = withdraw_tags(tags=tags, note=form.cleaned_data["note"], actor_id=request.user.pk)
        sentence = ngettext(
            "%(n)d label is taken off; the worker makes the tags anew in a moment.",
            "%(n)d labels are taken off; the worker makes the tags anew in a moment.",
            taken,
        )
        messages.success(request, sentence % {"n": taken})
        return None

    def ask(self, request: HttpRequest, tags: list[TagCluster], form: WithdrawalForm) -> HttpResponse:
        name_products(tags)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Not said of these products"),
            "confirmed": CONFIRMED,
            "checkbox": helpers.ACTION_CHECKBOX_NAME,
            "form": form,
            "tags": [(tag, self.labels(tag), self.reviews(tag)) for tag in tags],
            "opts": self.opts,
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "admin/recommender/tagcluster/withdraw.html", context, status=status)

    @admin.display(description=_("tag"), ordering="medoid_id")
    def tag(self, cluster: TagCluster) -> SafeString:
        """In one line: a narrow column would break Chinese after every character."""
        return format_html('<span class="nowrap">{}</span>', local_label(cluster.medoid_id))

    @admin.display(description=_("polarity"), ordering="polarity")
    def polarity_name(self, cluster: TagCluster) -> str:
        return str(Polarity(cluster.polarity).label)

    @admin.display(description=_("labels"))
    def labels(self, cluster: TagCluster) -> str:
        return ", ".join(map(local_label, cluster.members))

    @admin.display(description=_("reviews that say so"), ordering="count")
    def reviews(self, cluster: TagCluster) -> SafeString:
        """Leads to what the model read in them."""
        address = reverse("admin:recommender_reviewentry_changelist", query={"tag": cluster.pk})
        return format_html('<a href="{}">{}</a>', address, cluster.count)

    @admin.display(description=_("share"), ordering="share")
    def percent(self, cluster: TagCluster) -> str:
        return f"{cluster.share:.0%}"

    @admin.display(description=_("the product's labels"))
    def picture(self, cluster: TagCluster) -> SafeString:
        address = reverse("admin:recommender_tagcluster_product", args=[cluster.product_id])
        said = gettext("The labels of %(product)s by meaning, in the colours of their tags") % {
            "product": cluster.product_name or cluster.product_id
        }
        return format_html('<img src="{}" alt="{}" width="680" height="467">', address, said)


def drawing() -> ModuleType:
    """The module that draws: matplotlib takes half a second and much memory, and few pages need it."""
    return import_module("recommender.pictures")


def png(picture: bytes) -> HttpResponse:
    return HttpResponse(picture, content_type="image/png")
