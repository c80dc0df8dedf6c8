"""Forms of the loan desk's back room."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from loans.admin.words import POLICY_WORDS, band_words
from loans.models import Application, Decision, LoanEvent, Offer, PolicyVersion
from loans.policy import (
    AMOUNTS,
    BY_BAND,
    DAYS,
    MOST_MULTIPLES,
    POLICY_BANDS,
    SHARES,
    Policy,
    PolicyUnusable,
    Range,
)
from loans.services.reviewing import Ruling
from loans.terms import LONGEST
from shop.templatetags.shelves import price


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


class PolicyForm(forms.Form):
    """A field for each number of the policy, within what the policy itself allows.

    `basis` is the version that the form was opened with.
    """

    basis = forms.ModelChoiceField(PolicyVersion.objects.all(), widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("What changes, and why"), max_length=PolicyVersion._meta.get_field("note").max_length,
        widget=forms.TextInput(attrs={"size": 60}),
    )  # fmt: skip
    terms = forms.TypedMultipleChoiceField(
        label=POLICY_WORDS["terms"], coerce=int, choices=[(n, n) for n in range(1, LONGEST + 1)],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, basis: PolicyVersion, data: Any = None) -> None:
        """Starts from `basis`."""
        super().__init__(data)
        page = basis.policy.as_json()
        for key, allowed in (SHARES | AMOUNTS).items():
            self.fields[key] = _number(allowed, page[key], label=POLICY_WORDS[key])
        for key, (least, most) in DAYS.items():
            self.fields[key] = forms.IntegerField(
                label=POLICY_WORDS[key], min_value=least, max_value=most, initial=page[key]
            )
        for key, allowed in BY_BAND.items():
            for band in POLICY_BANDS:
                label = f"{POLICY_WORDS[key]}, {band_words(band)}"
                self.fields[f"{key}_{band}"] = _number(allowed, page[key][band], label=label)
        self.fields["terms"].initial = page["terms"]
        self.fields["basis"].initial = basis.pk

    def clean(self) -> dict[str, Any]:
        """What the fields allow one by one may not fit together."""
        if not self.errors:
            try:
                self.policy = Policy.from_json(self._page())
            except PolicyUnusable as error:
                self.add_error(error.key.replace(".", "_"), _misfit(error, self.cleaned_data["multiple"]))
        return self.cleaned_data

    def plain_fields(self) -> Iterator[forms.BoundField]:
        """Of numbers that are the same in every band."""
        for key in (*SHARES, *AMOUNTS, *DAYS):
            yield self[key]

    def band_rows(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        for band in POLICY_BANDS:
            yield band_words(band), [self[f"{key}_{band}"] for key in BY_BAND]

    def _page(self) -> dict[str, Any]:
        page = {key: self.cleaned_data[key] for key in (*SHARES, *AMOUNTS, *DAYS, "terms")}
        by_band = {
            key: {band: self.cleaned_data[f"{key}_{band}"] for band in POLICY_BANDS} for key in BY_BAND
        }
        return page | by_band


def _number(allowed: Range, initial: str, label: Any) -> forms.DecimalField:
    """With as many places as the rows of offers and loans keep of a rate."""
    kept: int = Offer._meta.get_field("annual_rate").decimal_places
    return forms.DecimalField(
        label=label, min_value=allowed.least, max_value=allowed.most, initial=initial, max_digits=12,
        decimal_places=min(allowed.places, kept), help_text=f"{allowed.least} – {allowed.most}",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "size": 10}),
    )  # fmt: skip


def _misfit(error: PolicyUnusable, multiple: Decimal) -> str:
    if error.key == "least_principal":
        return _("The smallest loan has to be a multiple of %(multiple)s.") % {"multiple": price(multiple)}
    return _("At most %(number)d multiples, %(most)s, can be weighed while a shopper waits.") % {
        "number": MOST_MULTIPLES, "most": price(MOST_MULTIPLES * multiple),
    }  # fmt: skip
