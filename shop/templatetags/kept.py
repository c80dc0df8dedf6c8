"""`{% kept facts … %}…{% endkept %}`: a part of a page that is drawn once for the same facts.

The facts must be all that the part shows, beside the language: then what is kept is never out of date.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from itertools import count
from operator import attrgetter
from threading import Lock

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from shop.models import Product, ProductTag, Review
from shop.selectors.cart import CartLine

register = template.Library()

MOST_KEPT = 4_000  # parts, of about 2 KB

_kept: OrderedDict[Hashable, SafeString] = OrderedDict()
_lock = Lock()
_numbers = count()

_shown_on_a_card = attrgetter(
    "pk", "name", "name_zh", "cover.name", "original_price", "selling_price", "quantity", "unit",
    "is_available", "review_count", "stars_total",
)  # fmt: skip


_shown_of_a_line = attrgetter(
    "product.pk", "product.name", "product.name_zh", "product.cover.name", "product.in_stock",
    "product.limit_per_order", "quantity", "price", "price_seen", "is_sold", "most",
)  # fmt: skip
_shown_of_a_review = attrgetter(
    "stars", "title", "body", "author_name", "created_at", "is_verified_purchase", "is_imported",
    "helpful_votes",
)  # fmt: skip
_shown_of_a_tag = attrgetter("label", "polarity", "share", "count")


@register.filter
def card_facts(product: Product) -> tuple[Hashable, ...]:
    """All that templates/shop/_card.html shows of a product."""
    tags = tuple(tag.label for tag in getattr(product, "top_tags", ()))
    return (*_shown_on_a_card(product), product.in_stock > 0, tags)


@register.filter
def line_facts(line: CartLine) -> tuple[Hashable, ...]:
    """All that templates/shop/cart.html shows of a line."""
    facts: tuple[Hashable, ...] = _shown_of_a_line(line)
    return facts


@register.filter
def review_facts(review: Review) -> tuple[Hashable, ...]:
    """All that templates/shop/_review.html shows."""
    return (*_shown_of_a_review(review), *(mention.tag.label for mention in review.mentions.all()))


@register.filter
def tag_facts(tags: Iterable[ProductTag]) -> tuple[Hashable, ...]:
    """All that templates/shop/_tags.html shows of them."""
    return tuple(map(_shown_of_a_tag, tags))


@register.tag
def kept(parser: Parser, token: Token) -> "KeptNode":
    facts = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    nodes = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodes, facts)


class KeptNode(template.Node):
    def __init__(self, nodelist: NodeList, facts: list[FilterExpression]) -> None:
        self.nodelist, self.facts, self.number = nodelist, facts, next(_numbers)

    def render(self, context: template.Context) -> SafeString:
        key = (self.number, get_language(), *(fact.resolve(context) for fact in self.facts))
        drawn = _kept.get(key)
        if drawn is None:
            drawn = self.nodelist.render(context)
            with _lock:
                _kept[key] = drawn
                while len(_kept) > MOST_KEPT:
                    _kept.popitem(last=False)
        return drawn
