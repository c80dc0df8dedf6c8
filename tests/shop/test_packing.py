"""The packing board: orders in bulk, with a word on each that could not be moved."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from shop.models import Coupon, Customer, Order, Refund, Shipment, ShipmentEvent
from shop.services.orders import cancel_order, pack_order
from shop.services.reconciliation import differences
from shop.services.refunds import request_refund
from tests.shop.builders import (
    PASSWORD,
    a_coupon,
    a_customer,
    a_delivery_rule,
    a_held_coupon,
    a_paid_order,
    a_product,
    a_shipped_order,
    an_order,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

BOARD = "/admin/shop/order/"


@pytest.fixture
def staff() -> Customer:
    return Customer.objects.create_superuser("charlie", PASSWORD)


@pytest.fixture
def back_room(client: Client, staff: Customer) -> Client:
    client.force_login(staff)
    return client


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


def act(back_room: Client, action: str, *orders: Order, **fields: Any) -> str:
    """The page after an action on some orders."""
    sent = {"action": action, "_selected_action": [order.pk for order in orders]} | fields
    response = back_room.post(BOARD, sent, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def rows(*orders: Order, **columns: list[str]) -> dict[str, str]:
    """What the page between sends: a row for each order, in the order of their ids."""
    sent = {"confirmed": "yes", "form-TOTAL_FORMS": str(len(orders)), "form-INITIAL_FORMS": str(len(orders))}
    for number, order in enumerate(orders):
        sent[f"form-{number}-order_id"] = str(order.pk)
        for name, values in columns.items():
            sent[f"form-{number}-{name}"] = values[number]
    return sent


def statuses(*orders: Order) -> list[int]:
    return [Order.objects.get(pk=order.pk).status for order in orders]


def test_orders_are_packed_in_bulk_and_each_that_cannot_be_is_named(
    back_room: Client, alice: Customer
) -> None:
    paid, unpaid, cancelled = a_paid_order(alice), an_order(alice), a_paid_order(alice)
    cancel_order(order=cancelled, customer=alice)
    page = act(back_room, "pack", paid, unpaid, cancelled)
    assert statuses(paid, unpaid, cancelled) == [2, 0, -1]
    assert "Done: 1." in page
    assert f"{unpaid}: That is no longer possible. The order&#x27;s status: Awaiting payment." in page
    assert f"{cancelled}: That is no longer possible. The order&#x27;s status: Cancelled." in page


def test_orders_are_shipped_in_bulk_each_with_a_number_of_its_own(
    back_room: Client, alice: Customer, staff: Customer
) -> None:
    packed, paid = a_paid_order(alice), a_paid_order(alice)
    pack_order(order=packed, actor=staff)
    page = act(back_room, "ship", packed, paid)
    assert statuses(packed, paid) == [2, 1]
    assert f"Tracking number, {packed.number}" in page
    page = act(
        back_room, "ship", packed, paid,
        **rows(packed, paid, carrier=["SF", "YTO"], tracking_number=["SF1", "Y2"]),
    )  # fmt: skip
    assert statuses(packed, paid) == [3, 1]
    assert "Done: 1." in page
    assert f"{paid}: That is no longer possible. The order&#x27;s status: Paid." in page
    assert list(Shipment.objects.values_list("order", "carrier", "tracking_number")) == [
        (packed.pk, "SF", "SF1")
    ]
    assert packed.events.get(status=3).actor == staff
    assert list(differences()) == []


def test_a_row_without_a_number_is_asked_for_again_and_nothing_is_shipped(
    back_room: Client, alice: Customer, staff: Customer
) -> None:
    packed = a_paid_order(alice)
    pack_order(order=packed, actor=staff)
    page = act(back_room, "ship", packed, **rows(packed, carrier=["SF"], tracking_number=[" "]))
    assert "This field is required." in page
    assert statuses(packed) == [2]
    assert Shipment.objects.count() == 0


def test_a_row_for_an_order_that_was_not_chosen_does_nothing(
    back_room: Client, alice: Customer, staff: Customer
) -> None:
    chosen, other = a_paid_order(alice), a_paid_order(alice)
    for order in (chosen, other):
        pack_order(order=order, actor=staff)
    act(back_room, "ship", chosen, **rows(other, carrier=["SF"], tracking_number=["SF1"]))
    assert statuses(chosen, other) == [2, 2]


def test_a_paid_order_is_closed_with_its_refund_and_a_shipped_one_is_not(
    back_room: Client, alice: Customer
) -> None:
    paid, shipped = a_paid_order(alice), a_shipped_order(alice)
    page = act(back_room, "close", paid, shipped)
    assert statuses(paid, shipped) == [-3, 3]
    assert f"{shipped}: That is no longer possible." in page
    assert list(Refund.objects.values_list("order", "amount")) == [(paid.pk, Decimal("15.00"))]


def test_what_the_carrier_says_on_the_way_is_passed_on_to_the_shopper(
    back_room: Client, client: Client, alice: Customer
) -> None:
    sent, packed = a_shipped_order(alice), a_paid_order(alice)
    page = act(
        back_room,
        "record_progress",
        sent,
        packed,
        **rows(sent, packed, text=["Left Hangzhou", "Left Ningbo"]),
    )
    assert "Done: 1." in page
    assert f"{packed}: That is no longer possible. The order&#x27;s status: Paid." in page
    act(back_room, "record_delivery", sent)
    page = act(back_room, "record_progress", sent, **rows(sent, text=["Left Shaoxing"]))
    assert f"{sent}: That is no longer possible." in page
    told = list(ShipmentEvent.objects.order_by("pk").values_list("kind", "text"))
    assert told == [("handed-over", ""), ("on-the-way", "Left Hangzhou"), ("delivered", "")]
    client.force_login(alice)
    page = client.get(sent.get_absolute_url()).content.decode()
    whole = page.split('id="shipment-heading"')[1].split("</section>")[0]
    assert [whole.find(word) >= 0 for word in ("SF1", "Left Hangzhou", "Left Shaoxing")] == [
        True,
        True,
        False,
    ]
    places = [whole.find(f"<b>{word}</b>") for word in ("Handed to the carrier", "On the way", "Delivered")]
    assert places == sorted(places)
    assert -1 not in places


def test_a_delivered_parcel_is_marked_once(back_room: Client, alice: Customer) -> None:
    order = a_shipped_order(alice)
    assert "Done: 1." in act(back_room, "record_delivery", order)
    assert "That is no longer possible." in act(back_room, "record_delivery", order)
    assert Shipment.objects.get().delivered_at is not None


def test_an_amount_is_refunded_up_to_what_was_paid(
    back_room: Client, alice: Customer, staff: Customer
) -> None:
    order = a_shipped_order(alice)
    page = act(back_room, "refund", order, **rows(order, amount=["15.01"], reason=["Broken"]))
    assert f"{order}: ¥15.01 is more than the ¥15.00 that can still be refunded." in page
    page = act(back_room, "refund", order, **rows(order, amount=["-1"], reason=["Broken"]))
    assert "Ensure this value is greater than or equal to 0.01." in page
    assert Refund.objects.count() == 0
    act(back_room, "refund", order, **rows(order, amount=["5.00"], reason=["Broken"]))
    refund = Refund.objects.get()
    assert (refund.amount, refund.status, refund.decided_by) == (Decimal("5.00"), "approved", staff)


def test_requests_are_approved_or_rejected_once(back_room: Client, alice: Customer) -> None:
    orders = [a_shipped_order(alice), a_shipped_order(alice)]
    wanted = [request_refund(order=order, amount=Decimal("5.00"), reason="Broken") for order in orders]
    address = "/admin/shop/refund/"
    for action, refund in (("approve", wanted[0]), ("reject", wanted[1]), ("approve", wanted[1])):
        page = back_room.post(address, {"action": action, "_selected_action": [refund.pk]}, follow=True)
    assert "This refund has been asked for or decided already." in page.content.decode()
    assert list(Refund.objects.order_by("pk").values_list("status", flat=True)) == ["approved", "rejected"]


def test_state_is_read_only_in_the_admin(back_room: Client, alice: Customer) -> None:
    order = an_order(alice)
    address = f"{BOARD}{order.pk}/change/"
    assert back_room.get(address).status_code == 200
    inlines = {
        f"{prefix}-{name}_FORMS": 0
        for prefix in ("items", "events", "payments", "refunds", "shipment")
        for name in ("TOTAL", "INITIAL")
    }
    back_room.post(address, inlines | {"status": 4, "payment_status": 1, "total": "0.01", "note": "x"})
    order.refresh_from_db()
    assert (order.status, order.payment_status, order.total, order.note) == (0, 0, Decimal("15.00"), "")
    assert back_room.post(f"{BOARD}{order.pk}/delete/", {"post": "yes"}).status_code == 403
    assert back_room.get(f"{BOARD}add/").status_code == 403


@pytest.mark.parametrize("count", [2, 7])
@pytest.mark.parametrize(
    ("model", "queries"),
    [("order", 4), ("refund", 4), ("payment", 4), ("stockmovement", 4), ("coupon", 5), ("customercoupon", 4),
     ("deliveryrule", 5)],
)  # fmt: skip
def test_a_list_makes_the_same_queries_however_many_rows_it_has(
    back_room: Client, django_assert_num_queries: DjangoAssertNumQueries, model: str, queries: int, count: int
) -> None:
    for number in range(count):
        customer = a_customer(f"customer-{number}")
        order = a_shipped_order(customer)
        request_refund(order=order, amount=Decimal("5.00"), reason="Broken")
        a_held_coupon(customer)
        a_delivery_rule()
    with django_assert_num_queries(queries):
        assert back_room.get(f"/admin/shop/{model}/").status_code == 200


@pytest.mark.parametrize("model", ["order", "refund", "payment", "stockmovement", "coupon", "customercoupon"])
def test_every_list_can_be_searched(back_room: Client, model: str) -> None:
    assert back_room.get(f"/admin/shop/{model}/?q=tea").status_code == 200


def coupon_fields(**changed: object) -> dict[str, object]:
    return {
        "name": "Three off", "name_zh": "", "code": "", "source": "claim", "kind": "amount", "value": "3.00",
        "minimum_spend": "0", "limit_per_customer": "1", "is_active": "on",
        "valid_from_0": "2026-01-01", "valid_from_1": "00:00", "valid_until_0": "2099-01-01",
        "valid_until_1": "00:00",
    } | changed  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"value": "0"}, "An amount above 0, a percentage up to 100, or 0 for free delivery."),
        ({"kind": "percent", "value": "101"}, "An amount above 0, a percentage up to 100"),
        ({"kind": "delivery", "value": "3"}, "An amount above 0, a percentage up to 100"),
        ({"source": "code"}, "A coupon entered as a code needs one, and no other has one."),
        ({"code": "TEA"}, "A coupon entered as a code needs one, and no other has one."),
    ],
)
def test_a_coupon_that_cannot_be_so_is_refused(
    back_room: Client, changed: dict[str, object], sentence: str
) -> None:
    page = back_room.post("/admin/shop/coupon/add/", coupon_fields(**changed)).content.decode()
    assert sentence in page
    assert Coupon.objects.count() == 0


def test_a_coupon_s_limit_is_not_set_below_what_was_had(back_room: Client, alice: Customer) -> None:
    coupon = a_held_coupon(alice).coupon
    a_coupon()
    response = back_room.post(f"/admin/shop/coupon/{coupon.pk}/change/", coupon_fields(total_limit="0"))
    assert "More than that are in customers&#x27; hands already." in response.content.decode()
    response = back_room.post(f"/admin/shop/coupon/{coupon.pk}/change/", coupon_fields(total_limit="1"))
    assert response.status_code == 302


def test_a_delivery_rule_is_added(back_room: Client) -> None:
    fields = {"name": "Far", "rank": "1", "regions": "Tibet", "fee": "18.00", "days": "6", "is_active": "on"}
    assert back_room.post("/admin/shop/deliveryrule/add/", fields).status_code == 302
    product = a_product()
    assert back_room.get(product.get_absolute_url()).status_code == 200
