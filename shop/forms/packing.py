"""Forms of the packing board: a row for each chosen order."""

from decimal import Decimal

from django import forms
from django.forms import BaseFormSet
from django.utils.translation import gettext_lazy as _


class OrderRow(forms.Form):
    order_id = forms.IntegerField(widget=forms.HiddenInput)


class ShipRow(OrderRow):
    carrier = forms.CharField(label=_("Carrier"), max_length=40)
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=40)


class ProgressRow(OrderRow):
    text = forms.CharField(label=_("In the carrier's words"), max_length=200)


class RefundRow(OrderRow):
    amount = forms.DecimalField(label=_("Amount"), min_value=Decimal("0.01"), max_digits=12, decimal_places=2)
    reason = forms.CharField(label=_("Reason"), max_length=200)


ShipRows: type[BaseFormSet[ShipRow]] = forms.formset_factory(ShipRow, extra=0)
ProgressRows: type[BaseFormSet[ProgressRow]] = forms.formset_factory(ProgressRow, extra=0)
RefundRows: type[BaseFormSet[RefundRow]] = forms.formset_factory(RefundRow, extra=0)
