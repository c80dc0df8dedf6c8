"""A customer's profile, history and old orders, by program; another's are not there."""

import re
from typing import Any

import pytest
from django.test import Client

from shop.api.reference import document
from shop.models import CartItem, Customer, Order, Product, ProductView
from tests.shop.api.calls import Program
from tests.shop.builders import (
    PASSWORD,
    a_customer,
    a_paid_order,
    a_product,
    a_review,
    a_shipped_order,
    an_order,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice", nickname="Al", email="alice@example.org")


@pytest.fixture
def program(alice: Customer) -> Program:
    return Program(alice)


def test_a_profile_is_read_and_only_what_is_sent_changes(program: Program, alice: Customer) -> None:
    review = a_review(customer=alice)
    shown = program.get("profile/")
    assert (shown["login_name"], shown["nickname"], shown["email"], shown["avatar"], shown["is_locked"]) == (
        "alice", "Al", "alice@example.org", None, False,
    )  # fmt: skip
    changed = program.patch("profile/", nickname=" Ali  ce\u202e ", key="one")
    assert changed == shown | {"nickname": "Ali ce"}
    review.refresh_from_db()
    assert review.author_name == "Ali ce"
    assert program.patch("profile/", signature="Tea first.")["nickname"] == "Ali ce"


def test_a_new_email_address_asks_for_the_password(program: Program, alice: Customer) -> None:
    a_customer("bob", email="bob@example.org")
    for body, field in (
        ({"email": "new@example.org"}, "password"),
        ({"email": "new@example.org", "password": "wrong"}, "password"),
        ({"email": "bob@example.org", "password": PASSWORD}, "email"),
        ({"email": "no address"}, "email"),
    ):
        assert list(program.patch("profile/", 422, **body)["fields"]) == [field]
        alice.refresh_from_db()
        assert alice.email == "alice@example.org"
    assert program.patch("profile/", email="New@example.org", password=PASSWORD)["email"] == "new@example.org"
    assert program.patch("profile/", email=None, password=PASSWORD)["email"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"login_name": "root"},
        {"is_locked": False, "is_staff": True, "is_superuser": True},
        {"joined_at": "2020-01-01T00:00:00Z", "session_generation": 9},
    ],
)
def test_nothing_else_can_be_set(program: Program, alice: Customer, body: dict[str, Any]) -> None:
    Customer.objects.filter(pk=alice.pk).update(is_locked=True)
    before = Customer.objects.values().get(pk=alice.pk)
    Program(Customer.objects.get(pk=alice.pk)).patch("profile/", **body)
    assert Customer.objects.values().get(pk=alice.pk) == before


def test_a_guest_has_neither_profile_nor_history() -> None:
    for path in ("profile/", "history/"):
        assert Program().get(path, 401)["code"] == "not_authenticated"


def test_the_history_is_shown_last_first_and_erased(program: Program, alice: Customer) -> None:
    tea, rice = a_product("Tea", is_on_sale=False), a_product("Rice")
    for product in (tea, rice, tea):
        ProductView.objects.create(customer=alice, product=product)
    ProductView.objects.create(customer=a_customer("bob"), product=tea)
    page = program.get("history/", page_size=1)
    assert (page["count"], [row["product"]["name"] for row in page["results"]]) == (2, ["Tea"])
    program.delete(f"history/{tea.pk}/")
    assert [row["product"]["name"] for row in program.get("history/")["results"]] == ["Rice"]
    program.delete("history/")
    assert program.get("history/")["results"] == []
    assert ProductView.objects.count() == 1
    assert program.delete("history/999/", 404)["code"] == "not_found"


def test_an_order_is_put_into_the_cart_again_as_far_as_it_can_be_had(
    program: Program, alice: Customer
) -> None:
    tea, rice = a_product("Tea", on_hand=9), a_product("Rice")
    order = a_paid_order(alice, tea, rice, quantity=3)
    Product.objects.filter(pk=tea.pk).update(on_hand=5)
    answer = program.post(f"orders/{order.number}/reorder/", 200)
    assert [(line["product"]["name"], line["quantity"]) for line in answer["cart"]["lines"]] == [
        ("Tea", 2),
        ("Rice", 3),
    ]
    assert answer["changes"] == [
        {
            "product_id": tea.pk,
            "wanted": 3,
            "kept": 2,
            "detail": "Tea: 2 in your cart instead of 3, all that can be had.",
        }
    ]


def test_a_finished_order_is_hidden_and_one_on_its_way_is_not(program: Program, alice: Customer) -> None:
    order, shipped = an_order(alice), a_shipped_order(alice)
    program.post(f"orders/{order.number}/cancel/", 200)
    program.post(f"orders/{order.number}/hide/", 204)
    assert [row["number"] for row in program.get("orders/")["results"]] == [shipped.number]
    assert program.get(f"orders/{order.number}/", 404)["code"] == "not_found"
    assert program.post(f"orders/{shipped.number}/hide/", 409)["code"] == "order_moved"
    assert Order.objects.filter(is_deleted=True).count() == 1


@pytest.mark.parametrize("verb", ["reorder", "hide"])
def test_another_s_order_is_not_there(program: Program, verb: str) -> None:
    theirs = an_order(a_customer("bob"))
    Order.objects.filter(pk=theirs.pk).update(status=-1)
    assert program.post(f"orders/{theirs.number}/{verb}/", 404)["code"] == "not_found"
    assert Order.objects.get().is_deleted is False
    assert CartItem.objects.count() == 0


def test_a_locked_customer_puts_nothing_into_the_cart(alice: Customer) -> None:
    order = a_paid_order(alice)
    Customer.objects.update(is_locked=True)
    alice.refresh_from_db()
    assert Program(alice).post(f"orders/{order.number}/reorder/", 403)["code"] == "buying_locked"
    assert CartItem.objects.count() == 0


def test_the_reference_tells_of_every_operation_in_the_schema(client: Client) -> None:
    page = client.get("/api/v1/reference/").content.decode()
    told = re.findall(r'<details id="(\w+)">', page)
    known = [told["operationId"] for path in document()["paths"].values() for told in path.values()]
    assert sorted(told) == sorted(known)
    assert {"profile_change", "history_erase", "order_reorder"} <= set(told)
    assert "<code>nickname</code> <small>string, optional</small>" in page
    assert "To change the e-mail address." in page
    assert "<style" not in page
