from django import forms
from django.http import QueryDict

from shop.models import Category
from shop.selectors.catalogue import PRICE_BANDS, Criteria, Sort
from shop.selectors.facets import LEAST_STARS

MOST_TAGS = 4
MOST_BRANDS = 12
LARGEST_ID = 2**63 - 1


class ListingForm(forms.Form):
    """The address of a list. What it cannot read it leaves out: an old link still opens."""

    q = forms.CharField(required=False, max_length=100)
    sort = forms.ChoiceField(required=False, choices=Sort.choices)
    department = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    stars = forms.TypedChoiceField(
        required=False, choices=[(stars, stars) for stars in LEAST_STARS], coerce=int, empty_value=None
    )
    in_stock = forms.BooleanField(required=False)
    exact = forms.BooleanField(required=False)


def criteria_from(query: QueryDict, category: Category | None = None) -> Criteria:
    form = ListingForm(query)
    form.is_valid()
    asked = form.cleaned_data
    return Criteria(
        text=asked.get("q", ""),
        tags=texts(query, "tag", 80)[:MOST_TAGS],
        brands=texts(query, "brand", 120)[:MOST_BRANDS],
        prices=tuple(band for band in PRICE_BANDS if band.key in query.getlist("price")),
        least_stars=asked.get("stars"),
        department_id=None if category else asked.get("department"),
        in_stock_only=asked.get("in_stock", False),
        sort=Sort(asked.get("sort") or Sort.POPULAR),
        category=category,
        is_literal=asked.get("exact", False),
    )


def texts(query: QueryDict, name: str, longest: int) -> tuple[str, ...]:
    """The values of `name`, each once."""
    values = [value[:longest] for value in query.getlist(name) if value.strip() and "\0" not in value]
    return tuple(dict.fromkeys(values))
