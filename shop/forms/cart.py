from django import forms
from django.utils.translation import gettext_lazy as _

MOST_AT_ONCE = 9_999


class QuantityForm(forms.Form):
    quantity = forms.IntegerField(
        label=_("Quantity"),
        min_value=1,
        max_value=MOST_AT_ONCE,
        error_messages={
            "required": _("Say how many, in figures."),
            "invalid": _("Say how many, in figures."),
            "min_value": _("One is the least that can be put in."),
            "max_value": _("That is more than anybody can carry."),
        },
    )
