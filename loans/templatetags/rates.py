"""`{{ offer.annual_rate|rate }}`"""

from decimal import Decimal

from django import template

from loans.terms import effective_rate
from shop.templatetags.shelves import price

register = template.Library()


@register.filter
def rate(share: Decimal) -> str:
    """`7.50%`, of a year or of an instalment."""
    return f"{share * 100:.2f}%"


@register.filter
def effective(annual_rate: Decimal) -> str:
    """What a nominal rate comes to when each month's interest bears interest."""
    return rate(effective_rate(annual_rate))


@register.filter
def change(amount: Decimal) -> str:
    """`+¥300.00` or `−¥51.00`: what an entry did to what is owed."""
    return f"{'−' if amount < 0 else '+'}{price(abs(amount))}"
