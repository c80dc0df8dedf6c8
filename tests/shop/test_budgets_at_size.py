"""The budgets of SQL in a shop of 10,000 products and 100,000 reviews: the same as in a small one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from shop.models import Customer, Product, Review
from shop.selectors.cart import cart_of
from shop.selectors.checkout import summary_for
from shop.services.cart import add_to_cart
from tests.shop.builders import PASSWORD, a_checkout, a_customer, a_delivery_rule, an_address

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("english")]

LINES = 20


def counted(visit: Callable[[], object]) -> int:
    """Statements on the shop's database, without the brackets of transactions."""
    with CaptureQueriesContext(connection) as captured:
        visit()
    return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)


def ordering(client: Client, alice: Customer) -> int:
    rule = a_delivery_rule()
    shown = summary_for(cart_of(alice).priced_lines, alice, rule, None)
    checkout = a_checkout(alice, str(shown.price.total))
    sent = {"token": checkout.token, "total": checkout.total_shown, "address": checkout.address.pk}
    return counted(lambda: client.post("/checkout/", sent))


def test_no_page_makes_more_queries_for_there_being_more_goods(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    call_command("generate_catalogue", products=10_000, reviews=100_000)
    assert (Product.objects.count(), Review.objects.count()) == (10_000, 100_000)
    alice = a_customer()
    an_address(alice, default_of=alice)
    client.force_login(alice)
    product = Product.objects.order_by("-review_count", "pk")[0]
    shelf = product.category.get_absolute_url()
    for line in Product.objects.filter(on_hand__gt=5, is_on_sale=True).order_by("pk")[:LINES]:
        add_to_cart(customer=alice, product_id=line.pk, quantity=1)
    client.get("/cart/")
    client.get(product.get_absolute_url())
    found = {
        "home": counted(lambda: client.get("/")),
        "list": counted(lambda: client.get(shelf)),
        "list with facets": counted(lambda: client.get(f"{shelf}?price=10-50&stars=4&in_stock=1")),
        "search": counted(lambda: client.get("/search/?q=tea&stars=4")),
        "product": counted(lambda: client.get(product.get_absolute_url())),
        "cart": counted(lambda: client.get("/cart/")),
        "order": ordering(client, alice),
    }
    client.force_login(Customer.objects.create_superuser("charlie", PASSWORD))
    found |= {
        "admin's day": counted(lambda: client.get("/admin/")),
        "admin's products": counted(lambda: client.get("/admin/shop/product/")),
        "admin's reviews": counted(lambda: client.get("/admin/shop/review/")),
    }
    assert found == {
        "home": 7, "list": 9, "list with facets": 9, "search": 9, "product": 12, "cart": 6, "order": 13,
        "admin's day": 18, "admin's products": 5, "admin's reviews": 5,
    }  # fmt: skip
