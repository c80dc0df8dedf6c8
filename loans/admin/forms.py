"""Forms of the loan desk's back room."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from loans.models import Application, Decision, LoanEvent
from loans.policy import Policy
from loans.services.reviewing import Ruling


class WrittenReason(forms.CharField):
    """Of as many characters as the row that keeps it has room for."""

    def __init__(self, most: int | None, **options: Any) -> None:
        area = forms.Textarea(attrs={"rows": 3, "cols": 60})
        super().__init__(label=_("Written reason"), max_length=most, widget=area, **options)


class ApproveForm(forms.Form):
    amount = forms.DecimalField(label=_("Amount"), max_digits=12, decimal_places=2)
    months = forms.TypedChoiceField(label=_("Months"), coerce=int)
    reason = WrittenReason(Decision._meta.get_field("written_reason").max_length)

    def __init__(self, policy: Policy, application: Application, data: Any = None) -> None:
        """Starts from what the applicant asks for."""
        asked = {"amount": application.amount, "months": application.months}
        super().__init__(data, initial=asked, auto_id="approve-%s")
        amount = self.fields["amount"]
        assert isinstance(amount, forms.DecimalField)  # noqa: S101 (declared above)
        amount.validators.append(MinValueValidator(policy.least_principal))
        self.fields["months"].choices = [(months, months) for months in policy.terms]  # type: ignore[attr-defined]

    def ruling(self) -> Ruling:
        amount: Decimal = self.cleaned_data["amount"]
        return Ruling(amount, self.cleaned_data["months"], self.cleaned_data["reason"])


class DeclineForm(forms.Form):
    reason = WrittenReason(Decision._meta.get_field("written_reason").max_length)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="decline-%s")


class WriteOffForm(forms.Form):
    reason = WrittenReason(LoanEvent._meta.get_field("note").max_length)
