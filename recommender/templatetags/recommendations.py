"""`{% four_alike product %}`: the recommender's part of a page of the shop."""

from django import template

from recommender import shelf
from recommender.impressions import shown
from recommender.models import Place
from shop.models import Product

register = template.Library()


@register.inclusion_tag("recommender/_four_alike.html")
def four_alike(product: Product) -> dict[str, object]:
    return {"offers": shown(Place.ALIKE, shelf.four_alike(product), beside=product)}
