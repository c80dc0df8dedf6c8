from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _


class ReturnForm(forms.Form):
    amount = forms.DecimalField(
        label=_("Amount to refund"),
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        error_messages={
            "required": _("Say how much should be refunded."),
            "invalid": _("Say how much should be refunded."),
            "min_value": _("Say how much should be refunded."),
        },
    )
    reason = forms.CharField(
        label=_("What was wrong?"),
        max_length=200,
        error_messages={"required": _("Tell us in a few words what was wrong.")},
    )


class SandboxForm(forms.Form):
    """The sandbox's own page: what the shop signed, and how the payment should go."""

    play = forms.ChoiceField(
        choices=[
            ("success", _("Pay")),
            ("failure", _("Let the payment fail")),
            ("delay", _("Pay, but confirm 20 seconds later")),
            ("duplicate", _("Pay, and confirm twice")),
            ("out-of-order", _("Fail first, then pay; confirm in the wrong order")),
        ]
    )
