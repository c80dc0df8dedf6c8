from importlib import import_module
from types import ModuleType

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from recommender.admin.products import LONGEST_ID, NamingProducts, linked, products_by_id
from recommender.models import TagCluster
from shop.admin.looking import OnlyLookedAt
from shop.label_names import local_label
from shop.models import Product
from shop.remembering import remembered

MAP_SECONDS = 300


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
