"""What a process remembers for a moment, and parts of pages that are drawn once."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.template import Context, Template
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries

from shop.models import DeliveryRule, Product, ProductTag, Review
from shop.remembering import remembered
from shop.selectors.home import home_page
from shop.services.cart import add_to_cart
from tests.shop.builders import a_customer, a_product, a_review, a_shelf, a_tag, an_announcement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "of-these-tests"}


@pytest.fixture
def memory() -> Iterator[None]:
    """A process that remembers, as in service."""
    with override_settings(CACHES=settings.CACHES | {"process": MEMORY}):
        caches["process"].clear()
        yield
        caches["process"].clear()


def shown(client: Client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.mark.usefixtures("memory")
def test_what_is_remembered_is_a_copy_and_is_asked_anew_when_its_time_is_over() -> None:
    asked: list[int] = []

    def ask() -> list[int]:
        asked.append(len(asked))
        return list(asked)

    first = remembered("numbers", "a", 60, ask)
    first.append(99)
    assert remembered("numbers", "a", 60, ask) == [0]
    assert remembered("numbers", "b", 60, ask) == [0, 1]
    assert remembered("others", "a", 0, ask) == [0, 1, 2]
    assert remembered("others", "a", 0, ask) == [0, 1, 2, 3]


@pytest.mark.usefixtures("memory")
def test_the_home_page_asks_nothing_of_a_guest_who_is_not_the_first(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    a_product("Sencha")
    shown(client, "/")
    an_announcement("Open on Sunday")
    with django_assert_num_queries(0):
        page = shown(client, "/")
    assert "Open on Sunday" not in page
    caches["process"].clear()  # ten seconds later
    assert "Open on Sunday" in shown(client, "/")


@pytest.mark.usefixtures("memory")
def test_what_is_drawn_of_the_home_page_changes_with_what_stands_there_and_with_ones_own_cart(
    client: Client,
) -> None:
    sencha, guest = a_product("Sencha"), Client()
    token = home_page().token
    assert "Sencha" in shown(guest, "/")
    client.post(f"/cart/{sencha.pk}/add/", {"quantity": 3})
    pieces = f'class="pieces-{sencha.pk}">3<'
    assert pieces in shown(client, "/")
    assert pieces not in shown(guest, "/")
    caches["process"].clear()  # ten seconds later
    assert home_page().token == token
    Product.objects.filter(pk=sencha.pk).update(selling_price=Decimal("7.77"))
    caches["process"].clear()
    assert home_page().token != token
    assert "¥7.77" in shown(client, "/")
    assert "¥7.77" in shown(guest, "/")


@pytest.mark.usefixtures("memory")
def test_each_language_has_its_own_home_page(client: Client) -> None:
    an_announcement("Open on Sunday", title_zh="周日营业")
    assert "Open on Sunday" in shown(client, "/")
    assert "周日营业" in client.get("/", headers={"accept-language": "zh-hans"}).content.decode()


@pytest.mark.usefixtures("memory")
def test_a_list_remembers_its_counts_but_never_a_price_or_a_stock(client: Client) -> None:
    shelf = a_shelf()
    sencha = a_product("Sencha", category=shelf)
    assert "1 product<" in shown(client, shelf.get_absolute_url())
    Product.objects.filter(pk=sencha.pk).update(selling_price=Decimal("7.77"), on_hand=0)
    page = shown(client, f"{shelf.get_absolute_url()}?sort=newest")
    assert "¥7.77" in page
    assert "Sold out" in page


@pytest.mark.usefixtures("memory")
def test_a_list_remembers_which_products_stand_in_it_and_leaves_out_what_is_not_sold_any_more(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shelf = a_shelf()
    for name, price in (("Sencha", "3.00"), ("Gyokuro", "1.00"), ("Bancha", "2.00")):
        a_product(name, category=shelf, selling_price=Decimal(price))
    cheapest_first = f"{shelf.get_absolute_url()}?sort=price"
    shown(client, cheapest_first)
    Product.objects.filter(name="Bancha").update(is_on_sale=False)
    a_product("Matcha", category=shelf, selling_price=Decimal("0.50"))
    with django_assert_num_queries(3):  # the category, the products, their tags
        page = shown(client, cheapest_first)
    assert "Bancha" not in page
    assert page.index("Gyokuro") < page.index("Sencha")
    assert "Matcha" not in page
    caches["process"].clear()  # thirty seconds later
    page = shown(client, cheapest_first)
    assert page.index("Matcha") < page.index("Gyokuro") < page.index("Sencha")


@pytest.mark.usefixtures("memory")
def test_what_delivery_costs_may_be_some_seconds_old_on_a_products_page_but_not_in_the_cart(
    client: Client,
) -> None:
    product, alice = a_product("Sencha"), a_customer()
    rule = DeliveryRule.objects.create(name="Everywhere", fee=Decimal("5.00"))
    assert "Delivery ¥5.00." in shown(client, product.get_absolute_url())
    DeliveryRule.objects.filter(pk=rule.pk).update(fee=Decimal("6.00"))
    assert "Delivery ¥5.00." in shown(client, product.get_absolute_url())
    add_to_cart(customer=alice, product_id=product.pk, quantity=1)
    client.force_login(alice)
    assert "¥6.00" in shown(client, "/cart/")


@pytest.mark.usefixtures("memory")
def test_a_products_page_remembers_tags_and_pictures_but_counts_a_review_at_once(client: Client) -> None:
    product = a_product("Sencha")
    a_tag(product, "fresh", a_review(product, stars=5))
    shown(client, product.get_absolute_url())
    a_tag(product, "grassy", a_review(product, stars=2, body="Too much grass."), rank=1)
    page = shown(client, product.get_absolute_url())
    assert "2 reviews" in page
    assert "Too much grass." in page
    assert "grassy" in page  # with the review came the tags of now
    ProductTag.objects.filter(product=product, label="fresh").update(label="mild")
    assert "?tag=mild" not in shown(client, product.get_absolute_url())
    assert "?tag=mild" in shown(client, f"/product/{product.pk}/tags/")  # which waits for a new tag
    caches["process"].clear()  # thirty seconds later
    assert "?tag=mild" in shown(client, product.get_absolute_url())


def test_a_kept_part_is_filled_with_what_differs_from_page_to_page() -> None:
    shown = "{{ name }} {{ token }} {{ link|default:'-' }}"
    part = Template(f"{{% load kept %}}{{% kept name filling token link %}}{shown}{{% endkept %}}")

    def drawn(**context: object) -> str:
        return part.render(Context(context))

    assert drawn(name="Sencha", token="a<b", link="/one/") == "Sencha a&lt;b /one/"
    assert drawn(name="Sencha", token="c", link="/two/") == "Sencha c /two/"
    assert drawn(name="Sencha", token="c") == "Sencha c -"
    assert drawn(name="{{ token }}", token="c", link="x") == "{{ token }} c x"


def test_each_shopper_gets_their_own_token_with_the_lines_of_a_cart() -> None:
    product = a_product("Sencha")
    tokens = set()
    for browser in (Client(), Client()):
        browser.post(f"/cart/{product.pk}/add/", {"quantity": "1"})
        found = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', shown(browser, "/cart/"))
        assert len(set(found)) == 1
        tokens.update(found)
    assert len(tokens) == 2


@pytest.mark.usefixtures("memory")
def test_what_narrows_a_list_shows_what_is_chosen(client: Client) -> None:
    shelf = a_shelf()
    for brand in ("Uji", "Yame"):
        a_product(f"Sencha {brand}", category=shelf, brand=brand)
    ticked = '<input type="checkbox" name="brand" value="Uji" checked>'
    assert ticked not in shown(client, shelf.get_absolute_url())
    assert ticked in shown(client, f"{shelf.get_absolute_url()}?brand=Uji")
    assert ticked not in shown(client, f"{shelf.get_absolute_url()}?brand=Yame")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "Gyokuro"}, "Gyokuro"),
        ({"cover": "products/new.webp"}, "products/new.webp"),
        ({"selling_price": Decimal("7.77")}, "¥7.77"),
        ({"original_price": Decimal("99.00")}, "¥99.00"),
        ({"quantity": Decimal(250)}, "250 g"),
        ({"unit": "ml"}, "100 ml"),
        ({"on_hand": 0}, "Sold out"),
        ({"review_count": 3, "stars_total": 12}, "★ 4.0 <small>(3)</small>"),
    ],
)
def test_a_card_shows_at_once_what_has_changed(client: Client, change: dict[str, Any], text: str) -> None:
    shelf = a_shelf()
    product = a_product("Sencha", category=shelf, quantity=Decimal(100), unit="g")
    assert text not in shown(client, shelf.get_absolute_url())
    Product.objects.filter(pk=product.pk).update(**change)
    assert text in shown(client, shelf.get_absolute_url())


def test_a_card_shows_a_new_tag_and_what_is_in_the_cart(client: Client) -> None:
    shelf = a_shelf()
    product = a_product("Sencha", category=shelf)
    page = shown(client, shelf.get_absolute_url())
    assert "Add Sencha to the cart" in page
    a_tag(product, "fresh", a_review(product))
    client.post(f"/cart/{product.pk}/add/", {"quantity": "3"})
    page = shown(client, shelf.get_absolute_url())
    assert '<li class="tag small">fresh</li>' in page
    assert "One Sencha fewer" in page
    assert "<b>3</b>" in page


def test_one_shoppers_card_says_nothing_of_anothers_cart(client: Client) -> None:
    shelf = a_shelf()
    product = a_product("Sencha", category=shelf)
    client.post(f"/cart/{product.pk}/add/", {"quantity": "3"})
    shown(client, shelf.get_absolute_url())
    assert "Add Sencha to the cart" in shown(Client(), shelf.get_absolute_url())


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"stars": 2}, "2 of 5 stars</span></p>"),
        ({"title": "Grassy"}, "<h3>Grassy</h3>"),
        ({"body": "Green as grass."}, "Green as grass."),
        ({"author_name": ""}, "Former customer"),
        ({"is_verified_purchase": True}, "Verified purchase"),
        ({"source_id": "r-1"}, "Imported"),
        ({"helpful_votes": 7}, "7 people found it helpful"),
    ],
)
def test_a_review_shows_at_once_what_has_changed(client: Client, change: dict[str, Any], text: str) -> None:
    review = a_review()
    assert text not in shown(client, review.product.get_absolute_url())
    Review.objects.filter(pk=review.pk).update(**change)
    assert text in shown(client, review.product.get_absolute_url())


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"selling_price": Decimal("7.77")}, "The price has changed from ¥10.00 to ¥7.77"),
        ({"on_hand": 1}, "Only 1 of 2 is left"),
        ({"on_hand": 0}, "Sold out: take it out to go on."),
        ({"is_on_sale": False}, "No longer sold"),
        ({"limit_per_order": 1}, "One order may hold 1, you have 2"),
        ({"name": "Gyokuro"}, "Quantity of Gyokuro"),
    ],
)
def test_a_line_of_the_cart_shows_at_once_what_has_changed(
    client: Client, change: dict[str, Any], text: str
) -> None:
    alice = a_customer()
    product = a_product("Sencha")
    add_to_cart(customer=alice, product_id=product.pk, quantity=2)
    client.force_login(alice)
    assert text not in shown(client, "/cart/")
    Product.objects.filter(pk=product.pk).update(**change)
    assert text in shown(client, "/cart/")
