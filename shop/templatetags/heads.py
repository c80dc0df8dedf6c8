"""What stands in a page's head for search engines and for whoever shares its address."""

import json
from collections.abc import Sequence
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from shop import structured_data
from shop.models import Category, Product, ProductPicture

register = template.Library()
register.filter("description_of", structured_data.description_of)

# An element cannot be ended, nor a comment begun, within a JSON string.
ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


@register.simple_tag(takes_context=True)
def absolute(context: dict[str, Any], address: str) -> str:
    """An address of the shop, with its origin."""
    request: HttpRequest = context["request"]
    return request.build_absolute_uri(address)


@register.simple_tag(takes_context=True)
def product_json_ld(
    context: dict[str, Any], product: Product, pictures: Sequence[ProductPicture]
) -> SafeString:
    return data_block(structured_data.product_data(product, pictures, context["request"].build_absolute_uri))


@register.simple_tag(takes_context=True)
def breadcrumb_json_ld(
    context: dict[str, Any], path: Sequence[Category], product: Product | None = None
) -> SafeString:
    return data_block(structured_data.breadcrumb_data(path, product, context["request"].build_absolute_uri))


def data_block(data: dict[str, Any]) -> SafeString:
    """A data block is no script: no policy for scripts stops it, and nothing runs it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 (escaped above)
