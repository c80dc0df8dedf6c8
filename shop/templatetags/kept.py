"""`{% kept facts … filling names … %}…{% endkept %}`: a part of a page that is drawn once for the same facts.

The facts must be all that the part shows, beside the language: then what is kept is never out of date. What
differs from page to page (a form's token, a link that counts) is named after `filling`: the part is kept with
holes in it, and the page's own values are put in.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain, count
from operator import attrgetter
from secrets import token_hex
from threading import Lock
from typing import Any

from cachetools import LRUCache
from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from shop.models import Category, Product, ProductPicture, ProductTag, Review
from shop.selectors.cart import CartLine
from shop.selectors.delivery import DeliveryTerms
from shop.selectors.facets import Choice, Facets

register = template.Library()

MOST_KEPT = 16_000_000  # characters, of two bytes each

HOLE = token_hex(8)  # nobody can write it into a text of theirs

Drawn = tuple[str, ...]  # text and the names of holes by turns, beginning and ending with text


def characters(drawn: Drawn) -> int:
    return sum(map(len, drawn))


_kept: LRUCache[Hashable, Drawn] = LRUCache(MOST_KEPT, characters)
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
_shown_on_a_page = attrgetter(
    "brand", "brief", "brief_zh", "detail", "detail_zh", "rich_detail", "rich_detail_zh", "sku", "asin",
    "in_stock", "limit_per_order", "is_on_sale", "category.is_deleted",
)  # fmt: skip
_shown_of_a_picture = attrgetter("pk", "picture.name", "alt", "alt_zh")
_shown_of_a_step = attrgetter("pk", "name", "name_zh")
_shown_of_a_tag = attrgetter("label", "polarity", "share", "count")


@register.filter
def card_facts(product: Product) -> tuple[Hashable, ...]:
    """All that templates/shop/_card.html shows of a product."""
    tags = tuple(tag.label for tag in getattr(product, "top_tags", ()))
    return (*_shown_on_a_card(product), product.in_stock > 0, tags)


@register.filter
def product_facts(product: Product) -> tuple[Hashable, ...]:
    """All that templates/shop/product.html shows of a product itself."""
    return (*_shown_on_a_card(product), *_shown_on_a_page(product))


@register.filter
def product_ids(products: Iterable[Product]) -> tuple[int, ...]:
    return tuple(product.pk for product in products)


@register.filter
def picture_facts(pictures: Iterable[ProductPicture]) -> tuple[Hashable, ...]:
    """All that templates/shop/_gallery.html shows of them."""
    return tuple(map(_shown_of_a_picture, pictures))


@register.filter
def path_facts(path: Iterable[Category]) -> tuple[Hashable, ...]:
    """All that templates/shop/_path.html shows of it."""
    return tuple(map(_shown_of_a_step, path))


@register.filter
def delivery_facts(delivery: DeliveryTerms) -> tuple[Hashable, ...]:
    """All that templates/shop/_delivery.html shows."""
    rule = delivery.rule
    return delivery.differs, rule and (rule.fee, rule.free_from, rule.days)


@register.filter
def line_facts(line: CartLine) -> tuple[Hashable, ...]:
    """All that templates/shop/cart.html shows of a line."""
    facts: tuple[Hashable, ...] = _shown_of_a_line(line)
    return facts


@register.filter
def each_line_facts(lines: Iterable[CartLine]) -> tuple[Hashable, ...]:
    return tuple(map(_shown_of_a_line, lines))


@register.filter
def review_facts(review: Review) -> tuple[Hashable, ...]:
    """All that templates/shop/_review.html shows."""
    return (*_shown_of_a_review(review), *getattr(review, "says", ()))


@register.filter
def tag_facts(tags: Iterable[ProductTag]) -> tuple[Hashable, ...]:
    """All that templates/shop/_tags.html shows of them."""
    return tuple(map(_shown_of_a_tag, tags))


@register.filter
def facet_facts(facets: Facets) -> tuple[Hashable, ...]:
    """All that templates/shop/_facets.html shows of them."""
    choices: Iterable[Choice[Any]] = chain(
        facets.categories, facets.prices, facets.stars, facets.tags, facets.brands
    )
    return (facets.total > 0, facets.in_stock, *map(_shown_of_a_choice, choices))


def _shown_of_a_choice(choice: Choice[Any]) -> tuple[Hashable, ...]:
    value = choice.value
    shown = (value.pk, value.name, value.name_zh) if isinstance(value, Category) else value
    return shown, choice.products, choice.is_chosen


@register.tag
def kept(parser: Parser, token: Token) -> "KeptNode":
    _, *facts = token.split_contents()
    holes: list[str] = []
    if "filling" in facts:
        at = facts.index("filling")
        facts, holes = facts[:at], facts[at + 1 :]
    nodes = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodes, [parser.compile_filter(fact) for fact in facts], holes)


class KeptNode(template.Node):
    def __init__(self, nodelist: NodeList, facts: Sequence[FilterExpression], holes: Sequence[str]) -> None:
        self.nodelist, self.facts, self.holes, self.number = nodelist, facts, holes, next(_numbers)

    def render(self, context: template.Context) -> SafeString:
        values = {name: value for name in self.holes if (value := context.get(name))}
        facts = (fact.resolve(context) for fact in self.facts)
        key = (self.number, get_language(), *values, *facts)
        with _lock:
            drawn = _kept.get(key)
        if drawn is None:
            drawn = self.draw(context, values)
            with _lock:
                _kept[key] = drawn
        return filled(drawn, values)

    def draw(self, context: template.Context, holes: Iterable[str]) -> Drawn:
        with context.push(**{name: mark_safe(f"{HOLE}{name}{HOLE}") for name in holes}):  # noqa: S308 (ours)
            return tuple(str(self.nodelist.render(context)).split(HOLE))


def filled(drawn: Drawn, values: Mapping[str, Any]) -> SafeString:
    if len(drawn) == 1:
        return mark_safe(drawn[0])  # noqa: S308 (it was rendered)
    parts = list(drawn)
    parts[1::2] = (conditional_escape(values[name]) for name in drawn[1::2])
    return mark_safe("".join(parts))  # noqa: S308
