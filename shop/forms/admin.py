"""Forms of the admin."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm, UsernameField
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from shop.models import Category, Customer, Product
from shop.models.customers import normal_email


class CustomerCreationForm(AdminUserCreationForm[Customer]):
    class Meta:
        model = Customer
        fields = ("login_name",)
        field_classes = {"login_name": UsernameField}


class CustomerChangeForm(UserChangeForm[Customer]):
    class Meta:
        model = Customer
        fields = "__all__"
        field_classes = {"login_name": UsernameField}

    def clean_email(self) -> str | None:
        return normal_email(self.cleaned_data["email"])


class ProductForm(forms.ModelForm[Product]):
    """Checks whichever of a product's fields a page of the admin offers."""

    def clean_category(self) -> Category:
        category: Category = self.cleaned_data["category"]
        if category.level != Category.DEEPEST:
            raise ValidationError(_("Products stand on the third level: choose a category of level 3."))
        return category

    def clean_on_hand(self) -> int:
        on_hand: int = self.cleaned_data["on_hand"]
        if on_hand < self.instance.allocated:
            raise ValidationError(
                _("%(allocated)d are allocated to orders: the stock cannot be lower than that."),
                params={"allocated": self.instance.allocated},
            )
        return on_hand

    def clean_asin(self) -> str | None:
        return self.cleaned_data["asin"] or None  # unique, so empty means none rather than ""

    def clean_sku(self) -> str | None:
        return self.cleaned_data["sku"] or None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("quantity")) != bool(cleaned.get("unit")):
            self.add_error("unit", _("A quantity needs a unit, and a unit a quantity."))
        return cleaned
