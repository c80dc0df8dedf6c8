from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from shop.models.reviews import RejectionReason
from shop.selectors.reviews import STARS, ReviewFilter


def star_choices() -> list[tuple[int, str]]:
    """Called for each form, since a lazy plural that a number is put into is one language's text at once."""
    return [(stars, ngettext("%d star", "%d stars", stars) % stars) for stars in reversed(STARS)]


class ReviewForm(forms.Form):
    stars = forms.TypedChoiceField(
        label=_("Stars"),
        coerce=int,
        choices=star_choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how many stars, from 1 to 5."),
            "invalid_choice": _("Choose how many stars, from 1 to 5."),
        },
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=255,
        required=False,
        error_messages={"max_length": _("The title is longer than %(limit_value)d characters: shorten it.")},
    )
    body = forms.CharField(
        label=_("Review"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={
            "required": _("Write what it is like, in a sentence or more."),
            "max_length": _(
                "The review has %(show_value)d characters, %(limit_value)d are allowed: shorten it."
            ),
        },
    )


class RejectionForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Reason"), choices=RejectionReason, widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason: the author is told.")},
    )  # fmt: skip
    note = forms.CharField(
        label=_("Words to the author"), max_length=300, required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=_("Stands under the reason, as you write it."),
    )  # fmt: skip


class ReviewFilterForm(forms.Form):
    tag = forms.CharField(required=False, max_length=80)
    stars = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[(n, n) for n in STARS]
    )


def review_filter_from(query: QueryDict) -> ReviewFilter:
    """What the address asks of the reviews; what cannot be read is left out."""
    form = ReviewFilterForm(query)
    form.is_valid()
    return ReviewFilter(tag=form.cleaned_data.get("tag", ""), stars=form.cleaned_data.get("stars"))
