from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from shop.admin.looking import OnlyLookedAt
from shop.figures import may_see
from shop.models import AuditEntry, Customer
from shop.selectors.audit import about, field_name, targets_of, trail_of, value_name

MOST_FOUND = 1_000  # objects of one kind that a search takes into account
NOBODY = "shop"


class Audited(admin.ModelAdmin[Any]):
    """Leads from an object to its part of the trail: `trail` stands among the fields."""

    @admin.display(description=_("audit trail"))
    def trail(self, row: Model) -> str:
        if row.pk is None:
            return ""
        asked = urlencode({"target_model": row._meta.label_lower, "target_id": row.pk})
        address = f"{reverse('admin:shop_auditentry_changelist')}?{asked}"
        return format_html('<a href="{}">{}</a>', address, _("Who changed what, and when"))


class ActorFilter(admin.SimpleListFilter):
    title = _("person")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        staff = Customer.objects.filter(is_staff=True).order_by("login_name")
        names = [(str(member.pk), member.login_name) for member in staff]
        return [*names, ("customers", _("customers")), (NOBODY, _("the shop itself"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[AuditEntry]") -> "QuerySet[AuditEntry]":
        match self.value():
            case None:
                return queryset
            case "customers":
                return queryset.filter(actor__is_staff=False)
            case value if value.isascii() and value.isdigit() and len(value) < 19:
                return queryset.filter(actor=int(value))
            case _:
                return queryset.filter(actor=None)


class Trail(ChangeList):
    """A page of entries, with the objects that they are about."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        targets = targets_of(self.result_list)
        for entry in self.result_list:
            entry.target = targets.get((entry.target_model, entry.target_id))


@admin.register(AuditEntry)
class AuditEntryAdmin(OnlyLookedAt, admin.ModelAdmin[AuditEntry]):
    """Read only, and only what concerns objects that the reader may see."""

    list_display = ("at", "target", "field_name", "value_before", "value_after", "who")
    list_display_links = None
    list_filter = ("kind", ActorFilter, "at")
    search_fields = ("target_id",)
    search_help_text = _("Whatever finds the product, the order, the review or the customer in its own list")
    ordering = ("-id",)
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> "QuerySet[AuditEntry]":
        return trail_of([model._meta.label_lower for model in self.models_for(request)])

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Trail

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[AuditEntry]", search_term: str
    ) -> "tuple[QuerySet[AuditEntry], bool]":
        """Entries about what each kind's own list finds: a product by its SKU, an order by its receiver."""
        if not search_term:
            return queryset, False
        found = {
            model._meta.label_lower: self.found_ids(request, model, search_term)
            for model in self.models_for(request)
            if model._meta.label_lower in self.kept_models()
        }
        return queryset.filter(about(found)), False

    def kept_models(self) -> Collection[str]:
        """Kinds of objects that the trail knows: the index answers."""
        return set(AuditEntry.objects.order_by().values_list("target_model", flat=True).distinct())

    def found_ids(self, request: HttpRequest, model: type[Model], search_term: str) -> list[int]:
        listed: Any = self.admin_site._registry[model]
        rows, _is_multiplied = listed.get_search_results(request, model._default_manager.all(), search_term)
        return list(rows.order_by("-pk").values_list("pk", flat=True)[:MOST_FOUND])

    def models_for(self, request: HttpRequest) -> list[type[Model]]:
        return [
            model for model in self.admin_site._registry if may_see(request.user, model._meta.label_lower)
        ]

    @admin.display(description=_("object"))
    def target(self, entry: AuditEntry) -> str:
        """Leads to its page; says its number where it is gone."""
        row: Model | None = getattr(entry, "target", None)
        if row is None:
            return f"{entry.target_model} {entry.target_id}"
        page = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        return format_html(
            '{}: <a href="{}">{}</a>', row._meta.verbose_name, reverse(page, args=(row.pk,)), row
        )

    @admin.display(description=_("field"), ordering="field")
    def field_name(self, entry: AuditEntry) -> str:
        return field_name(entry)

    @admin.display(description=_("before"))
    def value_before(self, entry: AuditEntry) -> str:
        return value_name(entry, entry.before)

    @admin.display(description=_("after"))
    def value_after(self, entry: AuditEntry) -> str:
        return value_name(entry, entry.after)

    @admin.display(description=_("by"), ordering="actor")
    def who(self, entry: AuditEntry) -> str:
        return entry.actor.login_name if entry.actor else str(_("the shop itself"))
