"""Two who move the same order, or its money, at the same moment, at two processes over one database."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from django.utils.module_loading import import_string

from shop.models import Customer, Order, OrderEvent, OutboxMessage, Payment, Product, Refund, StockMovement
from shop.payments.sandbox import signed
from shop.services.expiry import expire_unpaid_orders
from shop.services.orders import pack_order
from shop.services.reconciliation import differences
from shop.services.sending import deliver_outbox
from tests.concurrency import guards
from tests.concurrency.conftest import Answer, Browser, Open, Servers, at_once, statuses
from tests.shop.builders import (
    PASSWORD,
    a_customer,
    a_held_coupon,
    a_paid_order,
    a_product,
    a_shipped_order,
    an_order,
)

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

BOARD = "/admin/shop/order/"


@pytest.fixture
def alice(transactional_db: None) -> Customer:
    return a_customer("alice")


@pytest.fixture
def staff(transactional_db: None) -> Customer:
    return Customer.objects.create_superuser("charlie", PASSWORD)


def callback_of(order: Order) -> dict[str, str]:
    return signed(
        {
            "callback_id": f"S{order.pk}",
            "order_number": order.number,
            "amount": str(order.total),
            "currency": "CNY",
            "outcome": "paid",
        }
    )


def pay(browser: Browser, order: Order) -> Answer:
    return browser.post("/payments/sandbox/callback/", **callback_of(order))


def board(browser: Browser, action: str, order: Order, **fields: object) -> Answer:
    """An action of the packing board on one order, with its row filled in."""
    row = {"confirmed": "yes", "form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-order_id": order.pk}
    filled = {f"form-0-{name}": value for name, value in fields.items()}
    return browser.post(BOARD, action=action, _selected_action=order.pk, **row, **filled)


def moves_of(order: Order) -> list[int]:
    return list(OrderEvent.objects.filter(order=order).order_by("pk").values_list("status", flat=True))


def ten_overdue_orders(alice: Customer) -> list[Order]:
    orders = [an_order(alice, a_product(), coupon=a_held_coupon(alice)) for _ in range(10)]
    Order.objects.update(pay_until=orders[0].created_at)
    return orders


def pay_while_they_expire(servers: Servers, orders: list[Order]) -> list[Answer | int]:
    """Each order's callback comes while two jobs close what is overdue."""
    calls: list[Callable[[], Answer | int]] = [expire_unpaid_orders, expire_unpaid_orders]
    for number, order in enumerate(orders):
        browser = servers.browser(number=number)
        calls.append(partial(pay, browser, order))
    return at_once(calls)


def test_an_order_is_paid_or_expires_and_never_both(servers: Servers, alice: Customer) -> None:
    orders = ten_overdue_orders(alice)
    done = pay_while_they_expire(servers, orders)
    assert [answer.body for answer in done if isinstance(answer, Answer)] == ["ok"] * 10
    rows = list(Order.objects.order_by("pk"))
    paid, expired = ([order for order in rows if order.status == status] for status in (1, -2))
    assert len(paid) + len(expired) == 10
    assert sum(count for count in done if isinstance(count, int)) == len(expired)
    assert [moves_of(order) for order in rows] == [[order.status] for order in rows]
    assert all((order.paid_total, order.refunded_total) == (order.total, Decimal(0)) for order in paid)
    assert all(order.refunded_total == order.paid_total == order.total for order in expired)
    assert StockMovement.objects.filter(kind="release").count() == len(expired)
    assert list(differences()) == []


def test_control_without_compare_and_set_paid_orders_expire(
    open_without: Open, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = ten_overdue_orders(alice)
    servers = open_without("compare and set")
    for name, replacement in guards.WITHOUT["compare and set"].items():
        import_string(name)
        monkeypatch.setattr(name, replacement)
    calls: list[Callable[[], object]] = [partial(pay, servers.browser(), orders[0]), expire_unpaid_orders]
    at_once(calls)
    assert sorted(moves_of(orders[0])) == [-2, 1]


@pytest.fixture
def paid(alice: Customer) -> Order:
    return a_paid_order(alice, a_product(on_hand=5), coupon=a_held_coupon(alice))


def cancel_and_close(servers: Servers, alice: Customer, staff: Customer, order: Order) -> list[Answer]:
    customers = [servers.browser(alice, number) for number in range(4)]
    admins = [servers.browser(staff, number) for number in range(4)]
    return at_once(
        [
            *(partial(browser.post, f"/orders/{order.number}/cancel/") for browser in customers),
            *(partial(board, browser, "close", order) for browser in admins),
        ]
    )


def test_an_order_that_both_sides_close_gives_back_once(
    servers: Servers, alice: Customer, staff: Customer, paid: Order
) -> None:
    assert statuses(cancel_and_close(servers, alice, staff, paid)) == [302] * 8
    paid.refresh_from_db()
    product = Product.objects.get()
    assert paid.status in (-1, -3)
    assert moves_of(paid) == [1, paid.status]
    assert (product.on_hand, product.allocated) == (5, 0)
    assert StockMovement.objects.filter(kind="release").count() == 1
    assert [refund.amount for refund in Refund.objects.all()] == [paid.total]
    assert list(differences()) == []


def test_control_without_compare_and_set_both_close_it_and_only_the_database_stops_the_second(
    open_without: Open, alice: Customer, staff: Customer, paid: Order
) -> None:
    """Stock would come back twice, were a movement not unique per order and kind."""
    assert 500 in statuses(cancel_and_close(open_without("compare and set"), alice, staff, paid))


def cancel_and_pack(servers: Servers, alice: Customer, staff: Customer, order: Order) -> list[Answer]:
    customer, admin = servers.browser(alice, 0), servers.browser(staff, 1)
    return at_once(
        [
            partial(customer.post, f"/orders/{order.number}/cancel/"),
            partial(board, admin, "pack", order),
        ]
    )


def test_an_order_is_cancelled_or_packed_and_never_both(
    servers: Servers, alice: Customer, staff: Customer, paid: Order
) -> None:
    assert statuses(cancel_and_pack(servers, alice, staff, paid)) == [302, 302]
    paid.refresh_from_db()
    assert moves_of(paid) == [1, paid.status]
    assert paid.status in (-1, 2)
    assert list(differences()) == []


def test_control_without_compare_and_set_a_cancelled_order_is_packed(
    open_without: Open, alice: Customer, staff: Customer, paid: Order
) -> None:
    cancel_and_pack(open_without("compare and set"), alice, staff, paid)
    assert sorted(moves_of(paid)) == [-1, 1, 2]


def close_and_ship(servers: Servers, staff: Customer, order: Order) -> list[Answer]:
    pack_order(order=order, actor=staff)
    closing, shipping = servers.browser(staff, 0), servers.browser(staff, 1)
    return at_once(
        [
            partial(board, closing, "close", order),
            partial(board, shipping, "ship", order, carrier="SF", tracking_number="SF1"),
        ]
    )


def test_an_order_is_closed_or_shipped_and_its_stock_moves_once(
    servers: Servers, staff: Customer, paid: Order
) -> None:
    assert statuses(close_and_ship(servers, staff, paid)) == [302, 302]
    paid.refresh_from_db()
    product = Product.objects.get()
    assert moves_of(paid) == [1, 2, paid.status]
    assert (paid.status, product.on_hand, product.allocated) in [(3, 4, 0), (-3, 5, 0)]
    assert list(differences()) == []


def test_control_without_compare_and_set_a_closed_order_is_shipped_until_the_stock_runs_below_nothing(
    open_without: Open, staff: Customer, paid: Order
) -> None:
    assert statuses(close_and_ship(open_without("compare and set"), staff, paid)) == [302, 500]


def ten_identical_callbacks(servers: Servers, order: Order) -> list[Answer]:
    browsers = [servers.browser(number=number) for number in range(10)]
    return at_once([partial(pay, browser, order) for browser in browsers])


def test_ten_identical_callbacks_at_once_are_one_payment(servers: Servers, alice: Customer) -> None:
    order = an_order(alice)
    given = ten_identical_callbacks(servers, order)
    assert [(answer.status, answer.body) for answer in given] == [(200, "ok")] * 10
    order.refresh_from_db()
    assert (order.status, order.paid_total, order.refunded_total) == (1, order.total, Decimal(0))
    assert Payment.objects.count() == 1
    assert moves_of(order) == [1]
    assert OutboxMessage.objects.filter(kind="mail").count() == 1


def test_control_without_the_order_s_lock_a_duplicate_is_refused_as_a_stranger(
    open_without: Open, alice: Customer
) -> None:
    """The callback's unique id still stops the second payment, but its provider would call for days."""
    order = an_order(alice)
    given = ten_identical_callbacks(open_without("lock of the order"), order)
    assert set(statuses(given)) != {200}
    assert Payment.objects.count() == 1


def test_a_callback_before_the_shopper_is_back_is_what_the_shopper_sees(
    servers: Servers, alice: Customer
) -> None:
    order = an_order(alice)
    shopper = servers.browser(alice, 0)
    page = shopper.post(f"/orders/{order.number}/pay/sandbox/").location
    back = shopper.post(page, play="success").location
    assert back == f"http://127.0.0.1:{shopper.port}/orders/{order.number}/pay/?back=1"
    assert deliver_outbox().sent == 1  # the callback, by HTTP
    assert "Paid. Thank you" in shopper.get(f"/orders/{order.number}/pay/?back=1").body
    assert shopper.post(f"/orders/{order.number}/check/").status == 302
    order.refresh_from_db()
    assert (order.paid_total, order.refunded_total) == (order.total, Decimal(0))
    assert Payment.objects.count() == 1


def two_refunds(servers: Servers, staff: Customer, order: Order) -> list[Answer]:
    """10.00 each of the 15.00 that were paid."""
    admins = [servers.browser(staff, number) for number in range(2)]
    return at_once(
        [partial(board, browser, "refund", order, amount="10.00", reason="Broken") for browser in admins]
    )


def test_two_refunds_at_once_stay_within_what_was_paid(
    servers: Servers, alice: Customer, staff: Customer
) -> None:
    order = a_shipped_order(alice)
    assert statuses(two_refunds(servers, staff, order)) == [302, 302]
    order.refresh_from_db()
    assert order.refunded_total == Decimal("10.00")
    assert [refund.amount for refund in Refund.objects.all()] == [Decimal("10.00")]
    assert list(differences()) == []


def test_control_without_its_lock_more_is_refunded_than_was_paid(
    open_without: Open, alice: Customer, staff: Customer
) -> None:
    order = a_shipped_order(alice)
    two_refunds(open_without("lock of the refund"), staff, order)
    assert sum(refund.amount for refund in Refund.objects.all()) == Decimal("20.00")
    assert [str(difference) for difference in differences()] == [
        f"order {order.number}, refunded: 10.00 is kept, 20.00 is proved"
    ]
