"""Filling a cart, as a guest and as a customer, and what its page says of every line."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from shop.models import CartItem, Customer, Product
from shop.services.cart import MOST_LINES, add_to_cart
from tests.shop.builders import (
    PASSWORD,
    a_customer,
    a_delivery_rule,
    a_held_coupon,
    a_product,
    a_shelf,
    an_address,
    an_order,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def add(client: Client, product: Product, quantity: object = 1) -> str:
    """The page after adding."""
    response = client.post(f"/cart/{product.pk}/add/", {"quantity": quantity, "next": "/cart/"}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def held(customer: Customer) -> dict[str, int]:
    return dict(CartItem.objects.filter(customer=customer).values_list("product__name", "quantity"))


@pytest.mark.parametrize("is_guest", [True, False])
def test_what_is_added_is_in_the_cart_and_counted_in_the_head(client: Client, is_guest: bool) -> None:
    if not is_guest:
        client.force_login(a_customer())
    product = a_product("Sencha", selling_price=Decimal("12.50"))
    add(client, product)
    page = add(client, product, 2)
    assert "Added to your cart." in page
    assert "¥12.50 × 3 = <strong>¥37.50</strong>" in page
    assert "Cart <b>3</b>" in page
    assert "Cart <b>3</b>" in client.get("/").content.decode()


def test_what_was_done_is_read_aloud(client: Client) -> None:
    tea = a_product()
    page = client.post(f"/cart/{tea.pk}/add/", {"quantity": 1}, follow=True).content.decode()
    assert '<p class="notice" role="status">Added to your cart.</p>' in page
    assert '<p id="said" class="spoken" role="status"></p>' in page  # where htmx puts it


@pytest.mark.parametrize("is_guest", [True, False])
def test_the_card_and_the_cart_change_a_line(client: Client, is_guest: bool) -> None:
    if not is_guest:
        client.force_login(a_customer())
    product = a_product("Sencha")
    add(client, product, 3)
    client.post(f"/cart/{product.pk}/take/", {"quantity": 1})
    assert "¥10.00 × 2" in client.get("/cart/").content.decode()
    client.post(f"/cart/{product.pk}/quantity/", {"quantity": 7})
    assert "¥10.00 × 7" in client.get("/cart/").content.decode()
    client.post(f"/cart/{product.pk}/remove/")
    assert "Nothing in it yet." in client.get("/cart/").content.decode()
    add(client, product)
    client.post(f"/cart/{product.pk}/take/", {"quantity": 5})
    assert "Nothing in it yet." in client.get("/cart/").content.decode()


@pytest.mark.parametrize("is_guest", [True, False])
@pytest.mark.parametrize(
    ("quantity", "sentence"),
    [
        (0, "One is the least that can be put in."),
        (-5, "One is the least that can be put in."),
        ("many", "Say how many, in figures."),
        ("", "Say how many, in figures."),
        (10**9, "That is more than anybody can carry."),
        (9, "Sencha: you asked for 9, one order may hold 6."),
        (5, "Sencha: you asked for 5, but only 4 are left."),
    ],
)
def test_a_quantity_that_cannot_be_is_refused_with_what_is_possible(
    client: Client, is_guest: bool, quantity: object, sentence: str
) -> None:
    if not is_guest:
        client.force_login(a_customer())
    product = a_product("Sencha", on_hand=4, limit_per_order=6)
    page = add(client, product, quantity)
    assert sentence in page
    assert "Nothing in it yet." in page
    assert CartItem.objects.count() == 0


@pytest.mark.parametrize("is_guest", [True, False])
@pytest.mark.parametrize("fields", [{"is_on_sale": False}, {"selling_price": None}, {"on_hand": 0}])
def test_what_is_not_sold_cannot_be_added(client: Client, is_guest: bool, fields: dict[str, object]) -> None:
    if not is_guest:
        client.force_login(a_customer())
    product = a_product("Sencha", **fields)
    page = add(client, product)
    assert "Sencha cannot be bought at the moment." in page
    assert CartItem.objects.count() == 0
    assert "Add to cart" not in client.get(product.get_absolute_url()).content.decode()


def test_a_closed_shelf_s_product_cannot_be_added(client: Client) -> None:
    assert "cannot be bought" in add(client, a_product(category=a_shelf(is_deleted=True)))


def test_a_product_that_is_not_there_is_not_found(client: Client) -> None:
    assert client.post("/cart/999/add/", {"quantity": 1}).status_code == 404


def test_a_locked_customer_cannot_fill_a_cart(client: Client) -> None:
    alice = a_customer(is_locked=True)
    client.force_login(alice)
    assert "Your account is locked" in add(client, a_product())
    assert held(alice) == {}


@pytest.mark.parametrize("address", ["add", "take", "quantity", "remove"])
def test_a_cart_does_not_change_by_get(client: Client, address: str) -> None:
    assert client.get(f"/cart/{a_product().pk}/{address}/").status_code == 405


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_form_leads_back_to_no_other_site(client: Client, address: str) -> None:
    product = a_product()
    response = client.post(f"/cart/{product.pk}/add/", {"quantity": 1, "next": address})
    assert response["Location"] == f"/cart/#product-{product.pk}"


def test_the_cart_says_what_became_of_each_line(client: Client) -> None:
    alice = a_customer()
    names = ("Dearer", "Withdrawn", "Gone", "Few", "Limited", "Fine")
    products = {name: a_product(name) for name in names}
    for product in products.values():
        add_to_cart(customer=alice, product_id=product.pk, quantity=5)
    changes: dict[str, dict[str, Any]] = {
        "Dearer": {"selling_price": Decimal("11.00")}, "Withdrawn": {"is_on_sale": False},
        "Gone": {"on_hand": 0}, "Few": {"on_hand": 2}, "Limited": {"limit_per_order": 3},
    }  # fmt: skip
    for name, change in changes.items():
        Product.objects.filter(pk=products[name].pk).update(**change)
    client.force_login(alice)
    page = client.get("/cart/").content.decode()
    lines = {
        name: page.split(f'id="product-{product.pk}"')[1].split("</li>")[0]
        for name, product in products.items()
    }
    assert "The price has changed from ¥10.00 to ¥11.00 since you put it in." in lines["Dearer"]
    assert "No longer sold: take it out to go on." in lines["Withdrawn"]
    assert "Sold out: take it out to go on." in lines["Gone"]
    assert "Only 2 of 5 are left: choose fewer to go on." in lines["Few"]
    assert "One order may hold 3, you have 5: choose fewer to go on." in lines["Limited"]
    assert "error" not in lines["Fine"]
    assert "Some lines cannot be ordered as they are." in page
    assert 'href="/checkout/"' not in page
    assert client.get("/checkout/")["Location"] == "/cart/"


def test_a_line_above_the_stock_can_be_made_smaller_step_by_step(client: Client) -> None:
    alice, product = a_customer(), a_product("Sencha")
    add_to_cart(customer=alice, product_id=product.pk, quantity=5)
    Product.objects.filter(pk=product.pk).update(on_hand=1)
    client.force_login(alice)
    client.post(f"/cart/{product.pk}/take/", {"quantity": 1})
    assert held(alice) == {"Sencha": 4}
    client.post(f"/cart/{product.pk}/quantity/", {"quantity": 2})
    assert held(alice) == {"Sencha": 2}


def test_the_cart_shows_discount_delivery_and_how_far_free_delivery_is(client: Client) -> None:
    alice = a_customer()
    a_delivery_rule()
    coupon = a_held_coupon(alice)
    client.force_login(alice)
    add(client, a_product(selling_price=Decimal("20.00")), 2)
    client.post("/cart/coupon/", {"coupon": coupon.pk})
    page = client.get("/cart/").content.decode()
    for sum_ in ("<dd>¥40.00</dd>", "<dd>−¥3.00</dd>", "<dd>¥5.00</dd>", "<dd>¥42.00</dd>"):
        assert sum_ in page
    assert "¥63.00 more and delivery is free." in page
    client.post("/cart/coupon/", {"coupon": ""})
    assert "<dd>¥45.00</dd>" in client.get("/cart/").content.decode()


def test_the_delivery_fee_follows_the_default_address(client: Client) -> None:
    alice = a_customer()
    a_delivery_rule(rank=2)
    a_delivery_rule(rank=1, regions="Tibet\nXinjiang", fee=Decimal("18.00"))
    an_address(alice, province="xinjiang", default_of=alice)
    client.force_login(alice)
    assert "<dd>¥28.00</dd>" in add(client, a_product())


@pytest.mark.parametrize("lines", [1, 20])
def test_the_cart_makes_six_queries_however_many_lines_it_has(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, lines: int
) -> None:
    alice = a_customer()
    a_delivery_rule()
    a_held_coupon(alice)
    an_address(alice, default_of=alice)
    for _ in range(lines):
        add_to_cart(customer=alice, product_id=a_product().pk, quantity=1)
    client.force_login(alice)
    client.get("/cart/")  # the session now knows the lines
    with django_assert_num_queries(6):
        client.get("/cart/")


def log_in(client: Client, name: str = "alice") -> str:
    response = client.post("/login/", {"username": name, "password": PASSWORD, "next": "/cart/"}, follow=True)
    return response.content.decode()


def test_a_guest_s_cart_comes_along_and_the_shopper_is_told_what_did_not_fit(client: Client) -> None:
    alice = a_customer()
    shared, scarce, gone = a_product("Shared"), a_product("Scarce", on_hand=4), a_product("Gone")
    for product in (shared, scarce):
        add_to_cart(customer=alice, product_id=product.pk, quantity=2)
    for product in (shared, scarce, gone):
        add(client, product, 3)
    Product.objects.filter(pk=gone.pk).update(is_on_sale=False)
    page = log_in(client)
    assert held(alice) == {"Shared": 5, "Scarce": 4}
    assert "Scarce: 4 in your cart instead of 5, all that can be had." in page
    assert "Gone cannot be bought at the moment: it is not in your cart." in page
    assert "Cart <b>9</b>" in page


def test_logging_in_again_adds_nothing(client: Client) -> None:
    alice, product = a_customer(), a_product("Sencha")
    add(client, product, 3)
    log_in(client)
    log_in(client)
    client.post("/logout/")
    log_in(client)
    assert held(alice) == {"Sencha": 3}


def test_a_guest_s_cart_is_not_left_to_the_next_who_logs_in(client: Client) -> None:
    a_customer("alice")
    bob = a_customer("bob")
    add(client, a_product("Sencha"))
    log_in(client, "alice")
    client.post("/logout/")
    log_in(client, "bob")
    assert held(bob) == {}


def test_a_locked_customer_s_login_leaves_the_cart_alone(client: Client) -> None:
    alice = a_customer(is_locked=True)
    add(client, a_product())
    assert "Nothing in it yet." in log_in(client)
    assert held(alice) == {}


def test_a_cart_holds_a_hundred_products_at_most(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_LINES == 100
    monkeypatch.setattr("shop.services.cart.MOST_LINES", 2)
    alice = a_customer()
    client.force_login(alice)
    first = a_product("First")
    for product in (first, a_product("Second")):
        add(client, product)
    assert "Your cart holds 2 different products already" in add(client, a_product("Third"))
    add(client, first)
    assert held(alice) == {"First": 2, "Second": 1}


def test_an_earlier_order_goes_into_the_cart_again_as_far_as_it_can_be_had(client: Client) -> None:
    alice = a_customer()
    tea, bread = a_product("Tea"), a_product("Bread")
    order = an_order(alice, tea, bread, quantity=3)
    Product.objects.filter(pk=bread.pk).update(on_hand=5)
    client.force_login(alice)
    page = client.post(f"/orders/{order.number}/reorder/", follow=True).content.decode()
    assert held(alice) == {"Tea": 3, "Bread": 2}
    assert "Bread: 2 in your cart instead of 3" in page
