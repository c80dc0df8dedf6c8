from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from recommender.admin.products import NamingProducts
from recommender.models import Placement
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


@admin.register(Placement)
class PlacementAdmin(NamingProducts):
    list_display = ("product_name", "kind", "until", "note", "decided_at")
    list_filter = ("kind", "until")
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
        if not change:
            obj.product_id = form.cleaned_data["product"].pk
        obj.decided_by = request.user.pk
        super().save_model(request, obj, form, change)
