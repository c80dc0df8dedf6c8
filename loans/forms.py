"""What shoppers tell the loan desk.

Amounts are read as people write them. No refusal repeats what was typed: it may be somebody's income.
"""

import re
import unicodedata
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from loans.models.repayments import RepaymentKind
from loans.offers import HIGHEST_AMOUNT, Finances, Request
from loans.policy import Policy
from loans.terms import CENT, NOTHING, cents
from shop.templatetags.shelves import price

LONGEST_TEXT = 40
# Of figures: plain, or with commas between the thousands.
WRITTEN = re.compile(r"(-?)((?:[0-9]{1,3}(?:,[0-9]{3})+)|[0-9]+)(\.[0-9]*)?")
IN_WORDS = str.maketrans({"¥": "", "元": "", "\N{MINUS SIGN}": "-"})
YES, NO, SILENT = "yes", "no", "silent"


class MoneyField(forms.Field):
    """Yuan and cents: full-width figures, a ¥, spaces and commas between thousands are understood."""

    widget = forms.TextInput
    default_error_messages = {
        "required": _("Write an amount in figures; 0 if there is none."),
        "invalid": _("Write the amount in figures, such as 8000 or 8,000.50."),
        "places": _("Two decimals are the most: the second is a fen."),
        "too_small": _("%(least)s is the least."),
        "too_large": _("%(most)s is the most."),
        "negative": _("An amount here is not below zero."),
    }

    def __init__(self, *, least: Decimal = NOTHING, most: Decimal = HIGHEST_AMOUNT, **options: Any) -> None:
        super().__init__(**options)
        self.least, self.most = least, most

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "autocomplete": "off", "maxlength": LONGEST_TEXT}

    def to_python(self, value: object) -> Decimal | None:
        text = "".join(unicodedata.normalize("NFKC", str(value or "")).translate(IN_WORDS).split())
        if not text:
            return None
        written = WRITTEN.fullmatch(text) if len(text) <= LONGEST_TEXT else None
        if written is None:
            raise self._refusal("invalid")
        sign, whole, fraction = written.groups()
        if len((fraction or "").rstrip("0")) > 3:
            raise self._refusal("places")
        return Decimal(f"{sign}{whole.replace(',', '')}{fraction or ''}")

    def validate(self, value: Decimal | None) -> None:
        super().validate(value)
        if value is None:
            return
        if value < 0:
            raise self._refusal("negative")
        if value < self.least:
            raise self._refusal("too_small")
        if value > self.most:
            raise self._refusal("too_large")

    def clean(self, value: Any) -> Decimal | None:
        amount = cast("Decimal | None", super().clean(value))
        return None if amount is None else cents(amount)

    def _refusal(self, code: str) -> ValidationError:
        facts = {"least": price(self.least), "most": price(self.most)}
        return ValidationError(self.error_messages[code], code, facts)


class ConsentForm(forms.Form):
    """`version` is that of the text which the page showed."""

    version = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)
    agreed = forms.BooleanField(
        label=_("I have read this, and agree"),
        error_messages={"required": _("Tick the box to agree. Without that we ask you nothing.")},
    )


class ApplicationForm(forms.Form):
    amount = MoneyField(
        label=_("Amount, in yuan"),
        error_messages={"required": _("Write how much you would like to borrow, in figures.")},
    )
    months = forms.TypedChoiceField(
        label=_("Paid back over"),
        coerce=int,
        error_messages={
            "required": _("Choose over how many months you pay back."),
            "invalid_choice": _("Choose one of these terms."),
        },
    )
    income = MoneyField(
        label=_("Your income, in yuan a month"),
        help_text=_("After taxes; 0 if you have none."),
    )
    coapplicant_income = MoneyField(
        label=_("Income of somebody who pays back with you, in yuan a month"),
        required=False,
        help_text=_("Leave it empty if nobody does."),
    )
    obligations = MoneyField(
        label=_("What you already pay for debts, in yuan a month"),
        help_text=_("Instalments of other loans and cards; 0 if there are none."),
    )
    credit_history = forms.ChoiceField(
        label=_("Have you had a loan or a credit card before, and paid it back as agreed?"),
        choices=[(YES, _("Yes")), (NO, _("No")), (SILENT, _("I prefer not to say"))],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose one of the answers; you need not say which is true."),
            "invalid_choice": _("Choose one of the answers."),
        },
    )

    def __init__(self, *args: Any, policy: Policy, left: Decimal | None, **kwargs: Any) -> None:
        """`left` is what is left of the limit, where it is known."""
        super().__init__(*args, **kwargs)
        self.policy = policy
        amount = cast("MoneyField", self.fields["amount"])
        amount.least, amount.help_text = policy.least_principal, _about_amounts(policy, left)
        months = cast("forms.TypedChoiceField", self.fields["months"])
        months.choices = [("", _("Choose")), *((term, months_in_words(term)) for term in policy.terms)]

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if over := amount % self.policy.multiple:
            below = amount - over
            raise ValidationError(
                _("Loans are made in multiples of %(multiple)s: ask for %(below)s or %(above)s."),
                "multiple",
                {
                    "multiple": price(self.policy.multiple),
                    "below": price(below),
                    "above": price(below + self.policy.multiple),
                },
            )
        return amount

    def asked(self) -> Request:
        return Request(self.cleaned_data["amount"], self.cleaned_data["months"])

    def finances(self) -> Finances:
        told = self.cleaned_data
        return Finances(
            income=told["income"],
            coapplicant_income=told["coapplicant_income"] or NOTHING,
            obligations=told["obligations"],
            has_credit_history={YES: True, NO: False, SILENT: None}[told["credit_history"]],
        )


class AcceptanceForm(forms.Form):
    """`terms_hash` is over what the page showed."""

    terms_hash = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    agreed = forms.BooleanField(
        label=_("I have read the agreement, and accept it"),
        error_messages={"required": _("Tick the box to accept. Nothing is borrowed without it.")},
    )


class RepaymentForm(forms.Form):
    """Without an amount it is what the kind comes to today."""

    kind = forms.ChoiceField(choices=RepaymentKind.choices)
    amount = MoneyField(required=False, least=CENT, label=_("Amount, in yuan"))


def months_in_words(months: int) -> str:
    return ngettext("%(n)d month", "%(n)d months", months) % {"n": months}


def _about_amounts(policy: Policy, left: Decimal | None) -> str:
    facts = {"least": price(policy.least_principal), "multiple": price(policy.multiple)}
    if left is None:
        return _("From %(least)s, in multiples of %(multiple)s.") % facts
    return _(
        "From %(least)s, in multiples of %(multiple)s. %(left)s is left of your limit: if you ask for more, "
        "we answer with less."
    ) % {**facts, "left": price(left)}
