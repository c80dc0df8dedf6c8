"""What every page shows of the cart, read from the session alone."""

from collections.abc import Iterable
from typing import Any

from django import template

from shop import session_cart
from shop.models import Product

register = template.Library()


@register.simple_tag(takes_context=True)
def cart_count(context: dict[str, Any]) -> int:
    """Pieces in the cart."""
    request = context.get("request")
    return session_cart.count(request.session) if request else 0


@register.simple_tag(takes_context=True)
def pieces_of(context: dict[str, Any], products: Iterable[Product]) -> tuple[tuple[int, int], ...]:
    """By id, how many of each product are in the cart: of those that are."""
    pieces = {product.pk: in_cart(context, product) for product in products}
    return tuple(found for found in pieces.items() if found[1])


@register.simple_tag(takes_context=True)
def in_cart(context: dict[str, Any], product: Product) -> int:
    """How many of a product are in the cart."""
    request = context.get("request")
    return session_cart.quantity_of(request.session, product.pk) if request else 0
