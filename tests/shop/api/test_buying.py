"""From cart to order, and what a customer does with an order."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from shop.models import CartItem, Customer, DeliveryRule, Order, Product, Refund
from tests.shop.api.calls import Program
from tests.shop.builders import (
    a_customer,
    a_delivery_rule,
    a_held_coupon,
    a_paid_order,
    a_product,
    a_shelf,
    a_shipped_order,
    an_address,
    an_order,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


@pytest.fixture
def program(alice: Customer) -> Program:
    return Program(alice)


@pytest.fixture
def tea() -> Product:
    return a_product("Tea", on_hand=5, limit_per_order=4)


def test_a_cart_is_filled_changed_and_emptied(program: Program, tea: Product) -> None:
    cart = program.post("cart/items/", product_id=tea.pk, quantity=1)
    assert (cart["pieces"], cart["has_problems"]) == (1, False)
    line = cart["lines"][0]
    assert (line["product"]["name"], line["quantity"], line["price"], line["total"], line["most"]) == (
        "Tea", 1, "10.00", "10.00", 4,
    )  # fmt: skip
    assert program.post("cart/items/", product_id=tea.pk, quantity=2)["pieces"] == 3
    assert program.put(f"cart/items/{tea.pk}/", quantity=4)["lines"][0]["total"] == "40.00"
    program.delete(f"cart/items/{tea.pk}/")
    assert program.get("cart/") == {"lines": [], "pieces": 0, "has_problems": False}


@pytest.mark.parametrize("lines", [1, 20])
def test_a_cart_makes_two_queries_however_long_it_is(
    program: Program, django_assert_num_queries: DjangoAssertNumQueries, lines: int
) -> None:
    for _ in range(lines):
        program.post("cart/items/", product_id=a_product().pk, quantity=1)
    with django_assert_num_queries(2):  # the token, the cart
        assert program.get("cart/")["pieces"] == lines


def test_a_line_that_cannot_be_had_says_why(program: Program, tea: Product) -> None:
    program.post("cart/items/", product_id=tea.pk, quantity=3)
    Product.objects.update(on_hand=2, selling_price=Decimal("11.00"))
    cart = program.get("cart/")
    line = cart["lines"][0]
    assert (line["problem"], line["most"], line["price"], line["price_seen"]) == (
        "too-few",
        2,
        "11.00",
        "10.00",
    )
    assert cart["has_problems"] is True


@pytest.mark.parametrize(
    ("fields", "quantity", "facts"),
    [
        ({}, 5, {"code": "over_limit", "requested": 5, "limit": 4}),
        ({"on_hand": 2}, 3, {"code": "out_of_stock", "requested": 3, "available": 2}),
        ({"on_hand": 0}, 1, {"code": "product_unavailable"}),
    ],
)
def test_what_cannot_be_put_in_is_refused_with_its_facts(
    program: Program, tea: Product, fields: dict[str, Any], quantity: int, facts: dict[str, Any]
) -> None:
    Product.objects.filter(pk=tea.pk).update(**fields)
    for refused in (
        program.post("cart/items/", 409, product_id=tea.pk, quantity=quantity),
        program.put(f"cart/items/{tea.pk}/", 409, quantity=quantity),
    ):
        assert refused.pop("detail").startswith("Tea")
        assert refused == facts | {"product_id": tea.pk}
    assert CartItem.objects.count() == 0


@pytest.mark.parametrize("quantity", [0, -1, 10**30, "many", 1.5, None, [], "1\0"])
def test_a_quantity_that_is_none_is_refused(program: Program, tea: Product, quantity: object) -> None:
    refused = program.post("cart/items/", 422, product_id=tea.pk, quantity=quantity)
    assert list(refused["fields"]) == ["quantity"]
    assert list(program.put(f"cart/items/{tea.pk}/", 422, quantity=quantity)["fields"]) == ["quantity"]
    assert CartItem.objects.count() == 0


def test_what_the_shop_does_not_have_cannot_be_put_in(program: Program) -> None:
    assert program.post("cart/items/", 404, product_id=2**63 - 1, quantity=1)["code"] == "not_found"
    assert program.put("cart/items/999/", 404, quantity=1)["code"] == "not_found"
    assert program.post("cart/items/", 422, product_id=2**63, quantity=1)["code"] == "invalid"


@pytest.mark.parametrize("body", ["[" * 100_000, "9" * 5_000, "\udcff", "{", "{'a': 1}", '{"quantity": NaN}'])
def test_a_body_that_is_no_json_is_refused(program: Program, body: str) -> None:
    sent = body.encode("utf-8", "surrogateescape")
    response = program.client.post("/api/v1/cart/items/", sent, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["code"] == "parse_error"


@pytest.mark.parametrize("body", ["", "[]", "7", '"x"', "null", '"\\ud800"'])
def test_a_body_that_is_no_object_is_refused(program: Program, body: str) -> None:
    response = program.client.generic("POST", "/api/v1/cart/items/", body, content_type="application/json")
    assert response.status_code == 422
    assert response.json()["code"] == "invalid"


def test_a_form_is_no_json(program: Program) -> None:
    response = program.client.post("/api/v1/cart/items/", b"quantity=1", content_type="text/plain")
    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"


@pytest.fixture
def decided(program: Program, alice: Customer, tea: Product) -> dict[str, Any]:
    """Two teas in Alice's cart, and what she sends to have them for 25.00."""
    a_delivery_rule()
    address = an_address(alice, default_of=alice)
    program.post("cart/items/", product_id=tea.pk, quantity=2)
    return {"token": str(uuid4()), "address": address.pk, "total": "25.00"}


@pytest.mark.usefixtures("decided")
def test_the_summary_says_what_the_cart_would_cost(program: Program, alice: Customer) -> None:
    held = a_held_coupon(alice)
    a_held_coupon(alice, name="Much off", minimum_spend=Decimal("50.00"))
    summary = program.get("checkout/", coupon=held.pk)
    offers = summary.pop("coupons")
    assert summary == {
        "goods": "20.00", "discount": "3.00", "delivery": "5.00", "total": "22.00",
        "until_free_delivery": "83.00",
    }  # fmt: skip
    assert [(offer["held"]["coupon"]["name"], offer["problem"]) for offer in offers] == [
        ("Three off", None),
        ("Much off", "This coupon counts from ¥50.00 on: ¥30.00 more and it is yours to use."),
    ]


def test_an_order_is_placed_once_for_a_token(program: Program, decided: dict[str, Any]) -> None:
    placed = program.post("checkout/", **decided, note="Ring twice")
    order = Order.objects.get()
    assert (placed["number"], placed["status"], placed["status_name"]) == (
        order.number,
        0,
        "Awaiting payment",
    )
    assert (placed["goods_total"], placed["delivery_fee"], placed["total"]) == ("20.00", "5.00", "25.00")
    assert (placed["note"], placed["address"]["detail"]) == ("Ring twice", "1 Lake Road")
    assert placed["pay_page"] == f"http://testserver/orders/{order.number}/pay/"
    assert program.post("checkout/", **decided)["number"] == order.number
    assert Order.objects.count() == 1


def test_a_price_that_changed_is_said_and_nothing_is_ordered(
    program: Program, decided: dict[str, Any]
) -> None:
    Product.objects.update(selling_price=Decimal("12.00"))
    assert program.post("checkout/", 409, **decided) == {
        "code": "price_changed",
        "detail": "The total is ¥29.00 now, not ¥25.00 as shown before. Look it over and order again.",
        "shown": "25.00",
        "now": "29.00",
    }
    assert Order.objects.count() == 0


def test_an_empty_cart_orders_nothing(program: Program, decided: dict[str, Any]) -> None:
    CartItem.objects.all().delete()
    assert program.post("checkout/", 409, **decided)["code"] == "cart_empty"


def test_a_coupon_below_its_minimum_says_how_much_is_missing(
    program: Program, alice: Customer, decided: dict[str, Any]
) -> None:
    held = a_held_coupon(alice, minimum_spend=Decimal("50.00"))
    refused = program.post("checkout/", 409, **decided, coupon=held.pk)
    assert (refused["code"], refused["minimum"], refused["goods"], refused["short_by"]) == (
        "below_minimum_spend", "50.00", "20.00", "30.00",
    )  # fmt: skip
    assert Order.objects.count() == 0


def test_where_nobody_delivers_the_province_is_named(program: Program, decided: dict[str, Any]) -> None:
    DeliveryRule.objects.update(regions="Tibet")
    assert program.get("checkout/", 409, address=decided["address"])["province"] == "浙江省"
    assert program.post("checkout/", 409, **decided)["code"] == "no_delivery"


def test_another_s_address_and_coupon_are_not_there(program: Program, decided: dict[str, Any]) -> None:
    bob = a_customer("bob")
    theirs, coupon = an_address(bob), a_held_coupon(bob)
    for query in ({"address": theirs.pk}, {"coupon": coupon.pk}):
        assert program.get("checkout/", 404, **query)["code"] == "not_found"
        assert program.post("checkout/", 404, **(decided | query))["code"] == "not_found"
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [("token", "x"), ("address", -1), ("address", 2**63), ("total", "-1"), ("total", "1e99"),
     ("total", "NaN"), ("coupon", 0), ("note", "\0"), ("note", "x" * 201)],
)  # fmt: skip
def test_a_decision_that_cannot_be_read_is_refused(
    program: Program, decided: dict[str, Any], field: str, value: object
) -> None:
    assert list(program.post("checkout/", 422, **(decided | {field: value}))["fields"]) == [field]
    assert Order.objects.count() == 0


@pytest.mark.parametrize("lines", [1, 10])
def test_placing_an_order_makes_the_same_queries_however_many_lines_it_has(
    program: Program, alice: Customer, lines: int
) -> None:
    a_delivery_rule()
    shelf, address = a_shelf(), an_address(alice)
    for _ in range(lines):
        program.post("cart/items/", product_id=a_product(category=shelf).pk, quantity=1)
    total = f"{10 * lines + (5 if lines < 10 else 0)}.00"
    with CaptureQueriesContext(connection) as queries:
        program.post("checkout/", token=str(uuid4()), address=address.pk, total=total)
    asked = [query["sql"] for query in queries.captured_queries if "SAVEPOINT" not in query["sql"]]
    # The token, the address, ten to place the order, five to show it.
    assert len(asked) == 17


def test_orders_come_newest_first_in_pages_and_only_one_s_own(program: Program, alice: Customer) -> None:
    first, second = an_order(alice), an_order(alice)
    an_order(a_customer("bob"))
    page = program.get("orders/", page_size=1)
    assert (page["count"], page["pages"]) == (2, 2)
    assert [order["number"] for order in page["results"]] == [second.number]
    assert program.get("orders/", page=2, page_size=1)["results"][0]["number"] == first.number
    Order.objects.filter(pk=first.pk).update(is_deleted=True)
    assert program.get("orders/")["count"] == 1


@pytest.mark.parametrize("size", [1, 10])
def test_orders_make_four_queries_however_many_they_are(program: Program, alice: Customer, size: int) -> None:
    for _ in range(size):
        an_order(alice)
    with CaptureQueriesContext(connection) as queries:
        assert len(program.get("orders/")["results"]) == size
    assert len(queries) == 4  # the token, the count, the orders, their items


@pytest.mark.parametrize("path", ["", "cancel/", "receive/", "return/"])
def test_another_s_order_is_not_there(program: Program, path: str) -> None:
    order = a_shipped_order(a_customer("bob"))
    call = program.post if path else program.get
    assert call(f"orders/{order.number}/{path}", 404)["code"] == "not_found"
    order.refresh_from_db()
    assert order.status == 3


def test_a_shipped_order_shows_where_it_is(program: Program, alice: Customer) -> None:
    shown = program.get(f"orders/{a_shipped_order(alice).number}/")
    assert [event["status"] for event in shown["events"]] == [1, 2, 3]
    assert (shown["shipment"]["carrier"], shown["shipment"]["tracking_number"]) == ("SF", "SF1")
    assert [event["kind"] for event in shown["shipment"]["events"]] == ["handed-over"]
    assert (shown["refundable"], shown["refunds"]) == ("15.00", [])


def test_a_paid_order_can_be_cancelled_once(program: Program, alice: Customer) -> None:
    order = a_paid_order(alice)
    closed = program.post(f"orders/{order.number}/cancel/", 200)
    assert (closed["status"], [refund["amount"] for refund in closed["refunds"]]) == (-1, ["15.00"])
    assert program.post(f"orders/{order.number}/cancel/", 409) == {
        "code": "order_moved",
        "detail": "That is no longer possible. The order's status: Cancelled.",
        "number": order.number,
        "status": -1,
    }
    assert Refund.objects.count() == 1


def test_what_has_arrived_is_confirmed_and_what_is_paid_is_not_yet(program: Program, alice: Customer) -> None:
    shipped, paid = a_shipped_order(alice), a_paid_order(alice)
    assert program.post(f"orders/{shipped.number}/receive/", 200)["status"] == 4
    assert program.post(f"orders/{paid.number}/receive/", 409)["status"] == 1


def test_a_return_is_asked_for_once_and_not_above_what_was_paid(program: Program, alice: Customer) -> None:
    path = f"orders/{a_shipped_order(alice).number}/return/"
    refused = program.post(path, 409, amount="15.01", reason="Torn")
    assert (refused["code"], refused["requested"], refused["refundable"]) == (
        "refund_too_high",
        "15.01",
        "15.00",
    )
    asked = program.post(path, amount="5.00", reason="Torn")
    assert [(refund["amount"], refund["status"]) for refund in asked["refunds"]] == [("5.00", "requested")]
    assert program.post(path, 409, amount="5.00", reason="Torn")["code"] == "refund_decided"
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"amount": "-5", "reason": "x"}, {"amount": "5.001", "reason": "x"}, {"amount": "5", "reason": ""}],
)
def test_a_return_that_cannot_be_read_is_refused(
    program: Program, alice: Customer, body: dict[str, Any]
) -> None:
    assert program.post(f"orders/{a_shipped_order(alice).number}/return/", 422, **body)["code"] == "invalid"
    assert Refund.objects.count() == 0
