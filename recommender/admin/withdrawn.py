from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from recommender.admin.products import NamingProducts, ids_of_products
from recommender.admin.tags import PolarityFilter
from recommender.models import WithdrawnLabel
from recommender.withdrawing import give_back
from shop.label_names import labels_named, local_label
from shop.models import Customer
from shop.models.tags import Polarity


@admin.register(WithdrawnLabel)
class WithdrawnLabelAdmin(NamingProducts):
    """What is not said of products. The list of tags adds to it; to delete is to let it be said again."""

    list_display = ("local_name", "product_name", "polarity_name", "note", "who", "withdrawn_at")
    list_filter = (PolarityFilter, "withdrawn_at")
    search_fields = ("label",)
    search_help_text = _("A label, or whatever finds a product in its own list")
    list_per_page = 50
    fields = readonly_fields = ("local_name", "product_link", "polarity_name", "note", "who", "withdrawn_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[WithdrawnLabel]", search_term: str
    ) -> tuple["QuerySet[WithdrawnLabel]", bool]:
        if not search_term:
            return queryset, False
        by_label = Q(label__icontains=search_term) | Q(label__in=labels_named(search_term))
        return queryset.filter(by_label | Q(product_id__in=ids_of_products(request, search_term))), False

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        rows = super().get_changelist_instance(request)
        name_staff(rows.result_list)
        return rows

    def delete_model(self, request: HttpRequest, obj: WithdrawnLabel) -> None:
        give_back(labels=[obj], actor_id=request.user.pk)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[WithdrawnLabel]") -> None:
        give_back(labels=queryset, actor_id=request.user.pk)

    @admin.display(description=_("label"), ordering="label")
    def local_name(self, row: WithdrawnLabel) -> SafeString:
        """In one line, as in the list of tags."""
        return format_html('<span class="nowrap">{}</span>', local_label(row.label))

    @admin.display(description=_("polarity"), ordering="polarity")
    def polarity_name(self, row: WithdrawnLabel) -> str:
        return str(Polarity(row.polarity).label)

    @admin.display(description=_("by"))
    def who(self, row: WithdrawnLabel) -> str:
        if not hasattr(row, "who"):
            name_staff([row])
        return str(getattr(row, "who", row.withdrawn_by or "–"))


def name_staff(rows: Any) -> None:
    """One query for a page of the list."""
    staff = Customer.objects.in_bulk({row.withdrawn_by for row in rows if row.withdrawn_by})
    for row in rows:
        if row.withdrawn_by in staff:
            row.who = staff[row.withdrawn_by].login_name
