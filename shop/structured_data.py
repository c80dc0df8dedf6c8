"""What a page says of its product to search engines, in the words of schema.org."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.conf import settings
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from shop.models import Category, Product, ProductPicture

Absolute = Callable[[str], str]  # an address of the shop, with its origin
Data = dict[str, Any]

CONTEXT = "https://schema.org"
DESCRIPTION_LENGTH = 300


def description_of(product: Product) -> str:
    """Its brief, or the beginning of its detail."""
    text = product.local_brief or " ".join(product.local_detail.split())
    return Truncator(text).chars(DESCRIPTION_LENGTH)


def product_data(product: Product, pictures: Iterable[ProductPicture], absolute: Absolute) -> Data:
    files = [product.cover, *(picture.picture for picture in pictures)]
    data = {
        "@context": CONTEXT,
        "@type": "Product",
        "name": product.local_name,
        "url": absolute(product.get_absolute_url()),
        "description": description_of(product),
        "image": [absolute(file.url) for file in files if file],
        "sku": product.sku or product.asin or str(product.pk),
        "category": product.category.local_name,
        "brand": {"@type": "Brand", "name": product.brand} if product.brand else None,
        "offers": _offer(product, absolute),
        "aggregateRating": _rating(product),
    }
    return {name: value for name, value in data.items() if value}


def breadcrumb_data(path: Sequence[Category], product: Product | None, absolute: Absolute) -> Data:
    steps = [(_("Home"), "/"), *((step.local_name, step.get_absolute_url()) for step in path)]
    if product:
        steps.append((product.local_name, product.get_absolute_url()))
    return {
        "@context": CONTEXT,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": absolute(address)}
            for position, (name, address) in enumerate(steps, start=1)
        ],
    }


def _offer(product: Product, absolute: Absolute) -> Data | None:
    if product.selling_price is None:
        return None
    return {
        "@type": "Offer",
        "url": absolute(product.get_absolute_url()),
        "price": f"{product.selling_price:.2f}",
        "priceCurrency": settings.CURRENCY,
        "availability": f"{CONTEXT}/{_availability(product)}",
    }


def _availability(product: Product) -> str:
    if not product.is_on_sale or product.category.is_deleted:
        return "Discontinued"
    return "InStock" if product.in_stock > 0 else "OutOfStock"


def _rating(product: Product) -> Data | None:
    if product.average_stars is None:
        return None
    return {
        "@type": "AggregateRating",
        "ratingValue": f"{product.average_stars:.1f}",
        "reviewCount": product.review_count,
        "bestRating": 5,
        "worstRating": 1,
    }
