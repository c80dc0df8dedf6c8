from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shop.models import Address, Customer

NO_ADDRESS = _("Choose where it should go.")


class CheckoutForm(forms.Form):
    """What the shopper decides, with the total and the coupon that the page showed them."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    total = forms.DecimalField(max_digits=12, decimal_places=2, widget=forms.HiddenInput)
    coupon = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    address = forms.ModelChoiceField(
        queryset=Address.objects.none(),
        label=_("Deliver to"),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": NO_ADDRESS, "invalid_choice": NO_ADDRESS},
    )
    note = forms.CharField(
        label=_("A note for us"),
        max_length=200,
        required=False,
        error_messages={"max_length": _("The note is longer than %(limit_value)d characters: shorten it.")},
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = self.fields["address"]
        assert isinstance(own, forms.ModelChoiceField)  # noqa: S101 (it is, above)
        own.queryset = Address.objects.filter(customer=customer)


class CouponForm(forms.Form):
    """A coupon that is held, or a code that gives one; neither takes the chosen one away."""

    coupon = forms.IntegerField(required=False, min_value=1)
    code = forms.CharField(required=False, max_length=32)
