from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from recommender.admin.products import NamingProducts
from recommender.models import Placement, PlacementKind
from shop.forms.admin import NAMED_HALVES
from shop.models import HomeSlot, Product


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

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        if until and "until" in self.changed_data and until <= timezone.now():
            raise forms.ValidationError(_("That time is over: the decision would never count."))
        return until


class ForceFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _("in force")), ("over", _("over"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Placement]") -> "QuerySet[Placement]":
        match self.value():
            case "now":
                return queryset.exclude(until__lte=Now())
            case "over":
                return queryset.filter(until__lte=Now())
            case _:
                return queryset


@admin.register(Placement)
class PlacementAdmin(NamingProducts):
    list_display = ("product_name", "kind", "is_in_force", "until", "note", "decided_at")
    list_filter = ("kind", ForceFilter, "until")
    search_fields = ("note",)
    list_per_page = 50
    form = PlacementForm
    formfield_overrides = NAMED_HALVES

    def get_fields(self, request: HttpRequest, obj: Placement | None = None) -> tuple[str, ...]:
        return ("product_link", "kind", "until", "note") if obj else ("product", "kind", "until", "note")

    def get_readonly_fields(self, request: HttpRequest, obj: Placement | None = None) -> tuple[str, ...]:
        return ("product_link",) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if change:
            form.base_fields.pop("product", None)
        return form

    def save_model(
        self, request: HttpRequest, obj: Placement, form: ModelForm[Placement], change: bool
    ) -> None:
        """A note that is put right leaves the pin where it stands among the others."""
        if not change:
            obj.product_id = form.cleaned_data["product"].pk
        if not change or {"kind", "until"} & set(form.changed_data):
            obj.decided_at = timezone.now()
            obj.decided_by = request.user.pk
        super().save_model(request, obj, form, change)
        if obj.kind == PlacementKind.PIN:
            warn_of_what_cannot_be_had(request, obj.product_id)

    @admin.display(description=_("in force"), boolean=True)
    def is_in_force(self, placement: Placement) -> bool:
        return placement.until is None or placement.until > timezone.now()


def warn_of_what_cannot_be_had(request: HttpRequest, product_id: int) -> None:
    product = Product.objects.filter(pk=product_id).first()
    if product and not product.is_available:
        sentence = _("%(product)s cannot be bought at the moment: nobody sees it until it can.")
        messages.warning(request, sentence % {"product": product.local_name})
