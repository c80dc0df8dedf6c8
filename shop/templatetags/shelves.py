"""What the shop's pages show again and again: prices, packs, plates, stars, departments."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.conf import settings
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shop.models import Category, Product
from shop.models.catalogue import Unit
from shop.selectors import catalogue
from shop.selectors.catalogue import PriceBand

register = template.Library()

PLATES = 6
IN_BASE_UNITS = {Unit.KILOGRAM: 1000, Unit.LITRE: 1000}
WEIGHTS = (Unit.GRAM, Unit.KILOGRAM)
CENT = Decimal("0.01")
CHINESE = re.compile(r"[\u3400-\u9fff]")


@register.filter
def price(amount: Decimal) -> str:
    """`¥12.50`"""
    return f"{settings.CURRENCY_SYMBOL}{amount:.2f}"


@register.filter
def band_name(band: PriceBand) -> str:
    """`¥10–20`, the upper end not in it."""
    lowest = f"{settings.CURRENCY_SYMBOL}{band.lowest}"
    if band.limit is None:
        return _("%(price)s and more") % {"price": lowest}
    if not band.lowest:
        return _("under %(price)s") % {"price": f"{settings.CURRENCY_SYMBOL}{band.limit}"}
    return f"{lowest}–{band.limit}"


@register.filter
def pack_size(product: Product) -> str:
    """`250 g`; empty where it is not known."""
    if not product.quantity or not product.unit:
        return ""
    quantity = number_format(product.quantity.normalize(), use_l10n=False)
    if product.unit == Unit.PIECE:
        return _("%(quantity)s pieces") % {"quantity": quantity} if product.quantity > 1 else ""
    return f"{quantity} {product.get_unit_display()}"


@register.filter
def unit_price(product: Product) -> str:
    """`¥3.20/100 g`, the same base in all the shop; empty where it would say nothing new."""
    if not product.selling_price or not product.quantity or not product.unit:
        return ""
    if product.unit == Unit.PIECE:
        if product.quantity <= 1:
            return ""
        return _("%(price)s each") % {"price": price(_cents(product.selling_price / product.quantity))}
    base_units = product.quantity * IN_BASE_UNITS.get(Unit(product.unit), 1)
    amount = price(_cents(product.selling_price * 100 / base_units))
    if product.unit in WEIGHTS:
        return _("%(price)s/100 g") % {"price": amount}
    return _("%(price)s/100 ml") % {"price": amount}


@register.filter
def plate(product: Product) -> str:
    """The class of the coloured plate under a product's picture."""
    return f"plate-{product.pk % PLATES}"


@register.filter
def in_other_language(text: str) -> SafeString:
    """` lang="en"` for a tag around a text that is not in the page's language, so that it is read out well.

    Of the shop's two, Chinese is the one with Chinese characters.
    """
    of_text = "zh-Hans" if CHINESE.search(text) else "en"
    of_page = "zh-Hans" if (get_language() or "").startswith("zh") else "en"
    has_words = any(map(str.isalpha, text))
    return SafeString(f' lang="{of_text}"' if has_words and of_text != of_page else "")


@register.filter
def percent(share: float) -> int:
    """A share of 0 to 1 as a whole percentage."""
    return round(100 * share)


@register.simple_tag(takes_context=True)
def departments(context: dict[str, Any]) -> "Iterable[Category]":
    """Those that the page has already, or asked for."""
    return context.get("departments") or catalogue.shown_departments()


@register.simple_tag
def query_without(query: QueryDict, name: str, value: str = "") -> str:
    """`?…` without `name` (or only without that `value` of it), and from the first page on."""
    changed = query.copy()
    kept = [entry for entry in changed.getlist(name) if value and entry != str(value)]
    changed.setlist(name, kept)
    return _first_page(changed)


@register.simple_tag
def query_with(query: QueryDict, name: str, value: str) -> str:
    """`?…` with `name` set to `value`, and from the first page on."""
    changed = query.copy()
    changed[name] = str(value)
    return _first_page(changed)


@register.simple_tag
def query_adding(query: QueryDict, name: str, value: str) -> str:
    """`?…` with one more `value` of `name`, and from the first page on."""
    changed = query.copy()
    changed.appendlist(name, str(value))
    return _first_page(changed)


@register.simple_tag
def narrowed_query(query: QueryDict) -> str:
    """`?…` of the same choices in another list, from its first page on; empty where nothing is chosen."""
    changed = _first_page(query.copy())
    return changed if len(changed) > 1 else ""


@register.simple_tag
def query_of_page(query: QueryDict, number: int) -> str:
    changed = query.copy()
    changed["page"] = str(number)
    return f"?{changed.urlencode()}"


def _first_page(query: QueryDict) -> str:
    query.pop("page", None)
    query.pop("posted", None)
    return f"?{query.urlencode()}"


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
