from django import forms
from django.http import QueryDict

from shop.models import Category
from shop.selectors.catalogue import Criteria, Sort

MOST_TAGS = 4


class ListingForm(forms.Form):
    """The address of a list. What it cannot read it leaves out: an old link still opens."""

    q = forms.CharField(required=False, max_length=100)
    sort = forms.ChoiceField(required=False, choices=Sort.choices)
    in_stock = forms.BooleanField(required=False)


def criteria_from(query: QueryDict, category: Category | None = None) -> Criteria:
    form = ListingForm(query)
    form.is_valid()
    asked = form.cleaned_data
    labels = [label[:80] for label in query.getlist("tag") if label.strip() and "\0" not in label]
    return Criteria(
        text=asked.get("q", ""),
        tags=tuple(dict.fromkeys(labels))[:MOST_TAGS],
        in_stock_only=asked.get("in_stock", False),
        sort=Sort(asked.get("sort") or Sort.POPULAR),
        category=category,
    )
