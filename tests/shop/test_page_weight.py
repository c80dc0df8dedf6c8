"""What a first view weighs, as it goes over the line: HTML and CSS at most 20 KiB, scripts at most 30."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from shop.models import Product
from shop.services.cart import add_to_cart
from tests.shop.builders import (
    a_customer,
    a_delivery_rule,
    a_product,
    a_review,
    a_shelf,
    a_slot,
    a_tag,
    an_address,
    an_announcement,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

KIB = 1024
WORDS = "Crisp at the edges, chewy in the middle, and not half as sweet as the picture lets one fear. "


@pytest.fixture
def shopper(client: Client) -> Client:
    """In a shop with full shelves, with a cart of twenty lines."""
    alice = a_customer()
    a_delivery_rule()
    an_address(alice, default_of=alice)
    shelf = a_shelf("Green tea")
    for number in range(26):
        product = a_product(f"Sencha of the {number}th valley", category=shelf, brand=f"Brand {number}")
        a_slot("hot", product)
        for tag in range(4):
            a_tag(product, f"tastes of {tag}", rank=tag)
        if number < 20:
            add_to_cart(customer=alice, product_id=product.pk, quantity=1)
    for number in range(12):
        an_announcement(f"Announcement {number}")
        a_review(product, title=f"Number {number}", body=f"{number}. {WORDS * 8}")
    client.force_login(alice)
    return client


@pytest.mark.parametrize(
    "address", ["/", "/search/", "/search/?q=sencha", "/product/{}/", "/cart/", "/checkout/", "/nowhere/"]
)
def test_a_page_is_sent_compressed_and_within_its_budget(shopper: Client, address: str) -> None:
    reviewed = Product.objects.get(review_count=12)
    answer = shopper.get(address.format(reviewed.pk), headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) <= 20 * KIB
    assert len(gzip.decompress(answer.content)) > len(answer.content)


def test_styles_and_scripts_are_within_their_budgets() -> None:
    static = Path(settings.BASE_DIR) / "static"
    assert compressed(static / "css" / "larder.css") <= 20 * KIB
    assert sum(map(compressed, (static / "js").glob("*.js"))) <= 30 * KIB


def test_a_page_asks_for_one_stylesheet_and_nothing_from_elsewhere(shopper: Client) -> None:
    page = shopper.get("/").content.decode()
    assert re.findall(r'<link rel="stylesheet" href="([^"]+)"', page) == ["/static/css/larder.css"]
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page.split("</head>")[1]) == []


def compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 6))
