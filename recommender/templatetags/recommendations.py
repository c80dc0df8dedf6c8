"""`{% four_alike product %}`, `{% four_for_you … as four %}`: the recommender's parts of the shop's pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import template

from recommender import shelf
from recommender.impressions import ShownOffer, shown
from recommender.models import Place
from shop import session_cart
from shop.models import Product
from shop.selectors.touched import touches_of
from shop.views.history import viewer_of

register = template.Library()


@dataclass(frozen=True, slots=True)
class Four:
    """What a page shows of four; `is_theirs` where they come from what the shopper touched."""

    offers: list[ShownOffer]
    is_theirs: bool


@register.inclusion_tag("recommender/_four_alike.html")
def four_alike(product: Product) -> dict[str, object]:
    return {"offers": shown(Place.ALIKE, shelf.four_alike(product), beside=product)}


@register.simple_tag(takes_context=True)
def four_for_you(context: dict[str, Any], loved: Sequence[Product]) -> Four:
    """For who looks at the page; where nothing is known of them, the first of `loved`."""
    request = context["request"]
    touches = touches_of(viewer_of(request), () if request.user.is_authenticated else in_cart(request))
    found = shelf.four_for_you(touches, loved)
    return Four(shown(Place.FOR_YOU, found.offers), found.is_theirs)


def in_cart(request: Any) -> list[int]:
    """A guest's: a customer's cart is asked for with all else that they touched."""
    return list(session_cart.read(request.session))


@register.filter
def but(products: Sequence[Product], four: Four) -> list[Product]:
    """`products` without those that are among the four."""
    among = {offer.product.pk for offer in four.offers}
    return [product for product in products if product.pk not in among]
