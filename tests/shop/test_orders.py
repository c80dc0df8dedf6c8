"""An order's way: who may move it where, what follows, and what its page shows in each status."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from shop.exceptions import OrderMoved, RefundDecided, RefundTooHigh
from shop.models import Customer, Order, OutboxMessage, Product, Refund, Shipment
from shop.services import orders
from shop.services.expiry import expire_unpaid_orders
from shop.services.reconciliation import differences
from shop.services.refunds import approve_refund, refund_order, reject_refund, request_refund
from shop.services.sending import deliver_outbox
from tests.shop.builders import (
    PASSWORD,
    a_customer,
    a_held_coupon,
    a_paid_order,
    a_product,
    a_shipped_order,
    an_order,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

Move = Callable[[Order, Customer], object]

MOVES: dict[str, Move] = {
    "cancel": lambda order, actor: orders.cancel_order(order=order, customer=actor),
    "close": lambda order, actor: orders.close_order(order=order, actor=actor),
    "pack": lambda order, actor: orders.pack_order(order=order, actor=actor),
    "ship": lambda order, actor: orders.ship_order(
        order=order, actor=actor, carrier="SF", tracking_number="SF1"
    ),
    "complete": lambda order, actor: orders.complete_order(order=order, actor=actor),
}
ALLOWED = {
    ("cancel", 0): -1, ("cancel", 1): -1,
    ("close", 0): -3, ("close", 1): -3, ("close", 2): -3,
    ("pack", 1): 2, ("ship", 2): 3, ("complete", 3): 4,
}  # fmt: skip


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


def an_order_with_status(customer: Customer, status: int, product: Product | None = None) -> Order:
    """Brought there as the shop does it."""
    order = an_order(customer, product or a_product())
    if status == -2:
        Order.objects.filter(pk=order.pk).update(pay_until=timezone.now())
        expire_unpaid_orders()
    elif status in (-1, -3):
        MOVES["cancel" if status == -1 else "close"](order, customer)
    elif status > 0:
        order = a_paid_order(customer, product or a_product())
        for move in ("pack", "ship", "complete")[: status - 1]:
            MOVES[move](order, customer)
    order.refresh_from_db()
    assert order.status == status
    return order


@pytest.mark.parametrize("status", [0, 1, 2, 3, 4, -1, -2, -3])
@pytest.mark.parametrize("name", list(MOVES))
def test_every_move_is_allowed_exactly_where_it_should_be(alice: Customer, name: str, status: int) -> None:
    order = an_order_with_status(alice, status)
    events = order.events.count()
    expected = ALLOWED.get((name, status))
    if expected is None:
        with pytest.raises(OrderMoved):
            MOVES[name](order, alice)
    else:
        MOVES[name](order, alice)
    order.refresh_from_db()
    assert order.status == (status if expected is None else expected)
    assert order.events.count() == events + (expected is not None)
    assert list(differences()) == []


def test_every_move_is_an_event_with_its_actor(alice: Customer) -> None:
    staff = a_customer("charlie", is_staff=True)
    order = a_paid_order(alice)
    orders.pack_order(order=order, actor=staff)
    orders.ship_order(order=order, actor=staff, carrier="SF", tracking_number="SF1")
    orders.complete_order(order=order, actor=alice)
    assert list(order.events.values_list("status", "actor__login_name")) == [
        (1, None), (2, "charlie"), (3, "charlie"), (4, "alice"),
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "status"), [("cancel", 1), ("close", 1), ("close", 2)])
def test_closing_a_paid_order_gives_back_stock_coupon_and_money_once(
    alice: Customer, name: str, status: int
) -> None:
    product, coupon = a_product(on_hand=5), a_held_coupon(alice)
    order = a_paid_order(alice, product, coupon=coupon)
    if status == 2:
        MOVES["pack"](order, alice)
    MOVES[name](order, alice)
    with pytest.raises(OrderMoved):
        MOVES[name](order, alice)
    product.refresh_from_db()
    coupon.refresh_from_db()
    order.refresh_from_db()
    assert (product.on_hand, product.allocated, coupon.used_on) == (5, 0, None)
    assert (order.refunded_total, order.payment_status) == (order.total, 3)
    assert Refund.objects.get().amount == order.total
    deliver_outbox()
    assert Refund.objects.get().status == "paid-out"
    assert list(differences()) == []


def test_an_unpaid_order_expires_after_its_time_and_not_before(alice: Customer) -> None:
    product, coupon = a_product(on_hand=5), a_held_coupon(alice)
    late, early = an_order(alice, product, coupon=coupon), an_order(alice, product)
    Order.objects.filter(pk=late.pk).update(pay_until=timezone.now() - timedelta(seconds=1))
    out = StringIO()
    call_command("expire_orders", stdout=out)
    call_command("expire_orders", stdout=out)
    assert out.getvalue() == "Orders closed: 1\nOrders closed: 0\n"
    statuses = [order.status for order in Order.objects.filter(pk__in=(late.pk, early.pk)).order_by("pk")]
    assert statuses == [-2, 0]
    product.refresh_from_db()
    coupon.refresh_from_db()
    assert (product.allocated, coupon.used_on) == (1, None)


def test_a_paid_order_never_expires(alice: Customer) -> None:
    order = a_paid_order(alice)
    Order.objects.update(pay_until=timezone.now() - timedelta(days=1))
    assert expire_unpaid_orders() == 0
    order.refresh_from_db()
    assert order.status == 1


def test_what_arrived_some_days_ago_completes_by_itself(alice: Customer) -> None:
    arrived, on_its_way = a_shipped_order(alice), a_shipped_order(alice)
    orders.record_delivery(order=arrived)
    with pytest.raises(OrderMoved):
        orders.record_delivery(order=arrived)
    assert orders.complete_delivered_orders() == 0
    Shipment.objects.filter(order=arrived).update(delivered_at=timezone.now() - timedelta(days=7))
    assert orders.complete_delivered_orders() == 1
    assert [order.status for order in Order.objects.order_by("pk")] == [4, 3]
    assert on_its_way.status == 3
    assert list(arrived.shipment.events.values_list("kind", flat=True)) == ["handed-over", "delivered"]


def test_an_unpaid_order_cannot_be_received(client: Client, alice: Customer) -> None:
    order = an_order(alice)
    client.force_login(alice)
    page = client.post(f"/orders/{order.number}/receive/", follow=True).content.decode()
    assert "That is no longer possible. The order&#x27;s status: Awaiting payment." in page
    order.refresh_from_db()
    assert order.status == 0


@pytest.mark.parametrize(
    "address", ["", "pay/", "cancel/", "receive/", "return/", "reorder/", "hide/", "check/"]
)
def test_nobody_reaches_another_s_order(client: Client, alice: Customer, address: str) -> None:
    order = an_order(alice)
    client.force_login(a_customer("charlie"))
    method = client.get if address in ("", "pay/") else client.post
    assert method(f"/orders/{order.number}/{address}").status_code == 404
    client.logout()
    assert method(f"/orders/{order.number}/{address}")["Location"].startswith("/login/")
    order.refresh_from_db()
    assert (order.status, order.is_deleted) == (0, False)


@pytest.mark.parametrize(
    "address", ["cancel", "receive", "return", "reorder", "hide", "check", "pay/sandbox"]
)
def test_an_order_does_not_change_by_get(client: Client, alice: Customer, address: str) -> None:
    order = a_shipped_order(alice)
    client.force_login(alice)
    assert client.get(f"/orders/{order.number}/{address}/").status_code == 405


@pytest.mark.parametrize(
    ("status", "word", "buttons"),
    [
        (0, "Awaiting payment", ["Pay", "Cancel the order"]),
        (1, "Paid", ["Cancel the order"]),
        (2, "Packed", []),
        (3, "Shipped", ["I have received it", "Ask for a refund", "Review it"]),
        (4, "Completed", ["Ask for a refund", "Remove from my list", "Review it"]),
        (-1, "Cancelled", ["Remove from my list"]),
        (-2, "Closed: not paid in time", ["Remove from my list"]),
        (-3, "Closed by the shop", ["Remove from my list"]),
    ],
)
def test_an_order_s_page_in_each_status(
    client: Client, alice: Customer, status: int, word: str, buttons: list[str]
) -> None:
    order = an_order_with_status(alice, status)
    client.force_login(alice)
    page = client.get(f"/orders/{order.number}/").content.decode()
    assert f">{word}</span>" in page
    every = (
        "Pay",
        "Cancel the order",
        "I have received it",
        "Ask for a refund",
        "Remove from my list",
        "Review it",
    )
    shown = [name for name in every if f">{name}</" in page]
    assert shown == [name for name in every if name in buttons]
    assert "Order it again" in page
    assert word in client.get("/orders/").content.decode()


def test_the_shopper_cancels_confirms_and_hides(client: Client, alice: Customer) -> None:
    client.force_login(alice)
    unpaid, shipped = an_order(alice), a_shipped_order(alice)
    client.post(f"/orders/{unpaid.number}/cancel/")
    client.post(f"/orders/{shipped.number}/receive/")
    assert sorted(Order.objects.values_list("status", flat=True)) == [-1, 4]
    client.post(f"/orders/{unpaid.number}/hide/")
    page = client.get("/orders/").content.decode()
    assert unpaid.number not in page
    assert shipped.number in page
    assert client.get(f"/orders/{unpaid.number}/").status_code == 404


def test_an_order_on_its_way_cannot_be_hidden(client: Client, alice: Customer) -> None:
    order = a_shipped_order(alice)
    client.force_login(alice)
    client.post(f"/orders/{order.number}/hide/")
    assert client.get(f"/orders/{order.number}/").status_code == 200


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_makes_the_same_queries_however_many_orders_it_has(
    client: Client, alice: Customer, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for _ in range(count):
        an_order(alice, a_product(), a_product())
    client.force_login(alice)
    with django_assert_num_queries(6):
        client.get("/orders/")


def test_the_shopper_asks_for_a_return_and_staff_approve_it(client: Client, alice: Customer) -> None:
    order = a_shipped_order(alice)
    client.force_login(alice)
    sent = {"amount": "4.00", "reason": "One jar was broken"}
    page = client.post(f"/orders/{order.number}/return/", sent, follow=True).content.decode()
    assert "We have your request" in page
    assert "¥4.00 · requested" in page
    assert "You have asked for a refund." in page
    refund = Refund.objects.get()
    approve_refund(refund=refund, actor=a_customer("charlie"))
    order.refresh_from_db()
    assert (order.refunded_total, order.payment_status) == (Decimal("4.00"), 2)
    deliver_outbox()
    refund.refresh_from_db()
    assert refund.status == "paid-out"
    assert "¥4.00 · paid out" in client.get(f"/orders/{order.number}/").content.decode()
    assert list(differences()) == []


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"amount": "15.01"}, "¥15.01 is more than the ¥15.00 that can still be refunded."),
        ({"amount": "0"}, "Say how much should be refunded."),
        ({"amount": "-1"}, "Say how much should be refunded."),
        ({"reason": " "}, "Tell us in a few words what was wrong."),
    ],
)
def test_a_return_that_cannot_be_is_refused(
    client: Client, alice: Customer, sent: dict[str, str], sentence: str
) -> None:
    order = a_shipped_order(alice)
    client.force_login(alice)
    response = client.post(f"/orders/{order.number}/return/", {"amount": "1.00", "reason": "Broken"} | sent)
    assert response.status_code in (409, 422)
    assert sentence in response.content.decode()
    assert Refund.objects.count() == 0


def test_one_request_at_a_time_and_one_decision_each(alice: Customer) -> None:
    order, staff = a_shipped_order(alice), a_customer("charlie")
    refund = request_refund(order=order, amount=Decimal("5.00"), reason="Broken")
    with pytest.raises(RefundDecided):
        request_refund(order=order, amount=Decimal("5.00"), reason="Broken")
    reject_refund(refund=refund, actor=staff)
    with pytest.raises(RefundDecided):
        approve_refund(refund=refund, actor=staff)
    order.refresh_from_db()
    assert order.refunded_total == 0
    request_refund(order=order, amount=Decimal("5.00"), reason="Broken, see the picture")
    assert list(Refund.objects.order_by("pk").values_list("status", flat=True)) == ["rejected", "requested"]


def test_no_more_is_refunded_than_was_paid(alice: Customer) -> None:
    order = a_shipped_order(alice)
    refund_order(order=order, amount=Decimal("10.10"), reason="Broken", actor=None)
    with pytest.raises(RefundTooHigh) as refused:
        refund_order(order=order, amount=Decimal("4.91"), reason="Broken", actor=None)
    assert refused.value.refundable == Decimal("4.90")
    refund_order(order=order, amount=Decimal("4.90"), reason="Broken", actor=None)
    order.refresh_from_db()
    assert (order.refunded_total, order.payment_status) == (Decimal("15.00"), 3)
    assert OutboxMessage.objects.filter(kind="refund").count() == 2


def test_an_unpaid_order_has_nothing_to_refund(alice: Customer) -> None:
    with pytest.raises(RefundTooHigh):
        refund_order(order=an_order(alice), amount=Decimal("0.01"), reason="", actor=None)
    assert Refund.objects.count() == 0


def test_a_closed_account_logs_in_no_more_but_its_orders_stay(client: Client, alice: Customer) -> None:
    order = a_shipped_order(alice)
    Customer.objects.update(is_deleted=True)
    assert not client.login(username="alice", password=PASSWORD)
    assert Order.objects.get() == order
