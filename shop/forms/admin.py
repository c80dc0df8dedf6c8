"""Forms of the admin."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm, UsernameField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from shop.models import Category, Coupon, Customer, Product
from shop.models.coupons import CouponKind, CouponSource
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


class RowForm(forms.ModelForm[Any]):
    """A row of a table, where no label stands beside a field: each says what it is, and whose."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        whose = f", {self.instance}" if self.instance.pk else ""
        for shown in self.visible_fields():
            shown.field.widget.attrs["aria-label"] = f"{shown.label}{whose}"


class DateAndTimeField(forms.SplitDateTimeField):
    """Each half says what it is: a label can point at one field alone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for half, name in zip(self.widget.widgets, (_("date"), _("time of day")), strict=True):
            half.attrs["aria-label"] = format_lazy("{}, {}", self.label, name)


# For an admin's `formfield_overrides`.
NAMED_HALVES: Mapping[type[models.Field[Any, Any]], Mapping[str, Any]] = {
    models.DateTimeField: {"form_class": DateAndTimeField}
}


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


class ProductRowForm(RowForm, ProductForm):
    pass


class CouponForm(forms.ModelForm[Coupon]):
    """Says in words what the database checks of a coupon."""

    def clean_code(self) -> str | None:
        return self.cleaned_data["code"] or None  # unique, so empty means none rather than ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        value, total_limit = cleaned.get("value"), cleaned.get("total_limit")
        if value is not None and not _fits(cleaned.get("kind", ""), value):
            self.add_error("value", _("An amount above 0, a percentage up to 100, or 0 for free delivery."))
        if (cleaned.get("source") == CouponSource.CODE) != bool(cleaned.get("code")):
            self.add_error("code", _("A coupon entered as a code needs one, and no other has one."))
        if cleaned.get("category") and cleaned.get("product"):
            self.add_error("product", _("Choose a category or a product, not both."))
        if total_limit is not None and total_limit < self.instance.claimed_count:
            self.add_error("total_limit", _("More than that are in customers' hands already."))
        return cleaned


def _fits(kind: str, value: Decimal) -> bool:
    if kind == CouponKind.DELIVERY:
        return value == 0
    return 0 < value <= 100 if kind == CouponKind.PERCENT else value > 0
