"""Shoppers who want the same thing at the same moment, at two processes over one database."""

from decimal import Decimal
from functools import partial

import pytest
from django.contrib.sessions.backends.db import SessionStore

from shop.models import Customer, CustomerCoupon, Order, Product
from shop.services.cart import add_to_cart
from shop.services.reconciliation import differences
from tests.concurrency.conftest import Answer, Browser, Open, Servers, at_once, statuses
from tests.shop.builders import (
    PASSWORD,
    a_checkout,
    a_coupon,
    a_customer,
    a_product,
    a_shelf,
    an_address,
)

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

BUYERS = 20


def buyers_of(*baskets: tuple[Product, ...]) -> list[Customer]:
    """A customer with an address for each basket, which is in the cart."""
    return [a_customer_with(basket, f"buyer-{number}") for number, basket in enumerate(baskets)]


def a_customer_with(basket: tuple[Product, ...], login_name: str) -> Customer:
    customer = a_customer(login_name)
    an_address(customer, default_of=customer)
    for product in basket:
        add_to_cart(customer=customer, product_id=product.pk, quantity=1)
    return customer


def all_order(servers: Servers, customers: list[Customer], total: str) -> list[Answer]:
    """Each at one of the two processes, all at once."""
    sent = [
        (servers.browser(customer, number), a_checkout(customer, total))
        for number, customer in enumerate(customers)
    ]
    return at_once(
        [
            partial(
                browser.post,
                "/checkout/",
                token=checkout.token,
                total=checkout.total_shown,
                address=checkout.address.pk,
            )
            for browser, checkout in sent
        ]
    )


@pytest.mark.parametrize(("units", "buyers"), [(1, 20), (5, 15)])
def test_as_many_orders_as_there_are_units(servers: Servers, units: int, buyers: int) -> None:
    product = a_product("Last jar", on_hand=units)
    given = all_order(servers, buyers_of(*[(product,)] * buyers), "15.00")
    assert statuses(given) == [302] * units + [409] * (buyers - units)
    refused = next(answer for answer in given if answer.status == 409)
    assert "Last jar: you asked for 1, but only 0 are left." in refused.body
    product.refresh_from_db()
    assert (Order.objects.count(), product.allocated, product.in_stock) == (units, units, 0)
    assert list(differences()) == []


@pytest.mark.parametrize(("units", "buyers"), [(1, 20), (5, 15)])
def test_control_without_its_guard_the_last_unit_is_sold_more_than_once(
    open_without: Open, units: int, buyers: int
) -> None:
    product = a_product(on_hand=units)
    all_order(open_without("stock"), buyers_of(*[(product,)] * buyers), "15.00")
    product.refresh_from_db()
    assert Order.objects.count() > units
    assert product.allocated <= units  # so the row itself looks sound …
    assert list(differences()) != []  # … and only the ledger tells


def mixed_baskets() -> list[tuple[Product, ...]]:
    """Ten products, in one order and in the other, alternately."""
    shelf = a_shelf()
    basket = tuple(a_product(category=shelf, on_hand=100) for _ in range(10))
    return [basket, basket[::-1]] * (BUYERS // 2)


def test_mixed_baskets_in_opposite_order_all_go_through(servers: Servers) -> None:
    given = all_order(servers, buyers_of(*mixed_baskets()), "100.00")
    assert statuses(given) == [302] * BUYERS
    assert set(Product.objects.values_list("allocated", flat=True)) == {BUYERS}
    assert list(differences()) == []


def test_control_locks_taken_in_any_order_run_into_a_deadlock(open_without: Open) -> None:
    given = all_order(open_without("order of locks"), buyers_of(*mixed_baskets()), "100.00")
    assert 500 in statuses(given)
    assert Order.objects.count() < BUYERS


def press_twenty_times(servers: Servers) -> list[Answer]:
    """One customer, with one form, at both processes."""
    (alice,) = buyers_of((a_product(on_hand=100),))
    checkout = a_checkout(alice, "15.00")
    browsers = [servers.browser(alice, number) for number in range(BUYERS)]
    return at_once(
        [
            partial(
                browser.post, "/checkout/", token=checkout.token, total="15.00", address=checkout.address.pk
            )
            for browser in browsers
        ]
    )


def test_one_customer_pressing_twenty_times_orders_once(servers: Servers) -> None:
    given = press_twenty_times(servers)
    order = Order.objects.get()
    assert {(answer.status, answer.location) for answer in given} == {(302, f"/orders/{order.number}/pay/")}
    assert Product.objects.get().allocated == 1


def test_control_without_its_token_one_form_orders_more_than_once(open_without: Open) -> None:
    press_twenty_times(open_without("token of the checkout"))
    assert Order.objects.count() > 1


def all_redeem(servers: Servers) -> list[Answer]:
    """Twenty customers enter the code of a coupon that may be had once."""
    a_coupon(source="code", code="ONCE", total_limit=1)
    browsers = [servers.browser(a_customer(f"buyer-{number}"), number) for number in range(BUYERS)]
    return at_once([partial(browser.post, "/cart/coupon/", code="ONCE") for browser in browsers])


def test_a_coupon_with_one_use_is_had_once(servers: Servers) -> None:
    assert statuses(all_redeem(servers)) == [302] * BUYERS
    assert CustomerCoupon.objects.count() == 1
    assert list(differences()) == []


def test_control_without_its_guard_a_coupon_is_had_by_many(open_without: Open) -> None:
    all_redeem(open_without("coupon limit"))
    assert CustomerCoupon.objects.count() > 1


def a_buyer(login_name: str = "alice") -> Customer:
    """With an address, and a product in the cart."""
    return a_customer_with((a_product(on_hand=100),), login_name)


def order_four_times_with_one_coupon(servers: Servers, alice: Customer) -> list[Answer]:
    held = CustomerCoupon.objects.create(customer=alice, coupon=a_coupon(claimed_count=1))
    sent = [a_checkout(alice, "12.00", coupon_id=held.pk) for _ in range(4)]
    return at_once(
        [
            partial(
                servers.browser(alice, number).post,
                "/checkout/",
                token=checkout.token,
                total="12.00",
                address=checkout.address.pk,
                coupon=held.pk,
            )
            for number, checkout in enumerate(sent)
        ]
    )


def test_a_held_coupon_is_spent_once(servers: Servers) -> None:
    """Orders of one customer at once: one has the coupon, and the cart, and the others have neither."""
    given = order_four_times_with_one_coupon(servers, a_buyer())
    assert statuses(given) == [302, 409, 409, 409]
    assert Order.objects.get().discount_total == Decimal("3.00")


def test_control_without_its_guard_a_held_coupon_is_spent_by_many(open_without: Open) -> None:
    """On a busy machine the four do not always meet: some buyers may have theirs spent once."""
    servers = open_without("single use of a coupon")
    spent = Order.objects.filter(discount_total=Decimal("3.00"))
    for number in range(6):
        buyer = a_buyer(f"buyer-{number}")
        order_four_times_with_one_coupon(servers, buyer)
        if spent.filter(customer=buyer).count() > 1:
            return
    pytest.fail("Of six buyers none spent a coupon twice.")


def merge_and_add(servers: Servers) -> tuple[list[Answer], int]:
    """A guest with two pieces logs in while five other devices add one each; one was there before."""
    product, alice = a_product(on_hand=100), a_customer("alice")
    add_to_cart(customer=alice, product_id=product.pk, quantity=1)
    guest = Browser(servers.ports[0], guest_session(product))
    devices = [servers.browser(alice, number) for number in range(5)]
    given = at_once(
        [
            partial(guest.post, "/login/", username="alice", password=PASSWORD),
            *(partial(device.post, f"/cart/{product.pk}/add/", quantity=1) for device in devices),
        ]
    )
    item = alice.cart_items.get()
    return given, item.quantity


def guest_session(product: Product) -> str:
    """A guest's session with two pieces of a product in its cart."""
    session = SessionStore()
    session["cart"] = {str(product.pk): [2, "10.00"]}
    session.save()
    return str(session.session_key)


def test_a_guest_s_cart_and_other_devices_add_up(servers: Servers) -> None:
    given, quantity = merge_and_add(servers)
    assert (statuses(given), quantity) == ([302] * 6, 8)


def test_control_without_the_lock_additions_are_lost(open_without: Open) -> None:
    _, quantity = merge_and_add(open_without("lock of the buyer"))
    assert quantity < 8


def press_login_twice(servers: Servers) -> tuple[list[Answer], int]:
    """A guest with two pieces; and how many the customer has then."""
    product, alice = a_product(on_hand=100), a_customer("alice")
    session = guest_session(product)
    browsers = [Browser(port, session) for port in servers.ports]
    given = at_once(
        [partial(browser.post, "/login/", username="alice", password=PASSWORD) for browser in browsers]
    )
    return given, alice.cart_items.get().quantity


def test_a_login_pressed_twice_merges_the_guest_s_cart_once(servers: Servers) -> None:
    given, quantity = press_login_twice(servers)
    assert (statuses(given), quantity) == ([302, 302], 2)


def test_control_without_one_taker_the_guest_s_cart_is_merged_twice(open_without: Open) -> None:
    _, quantity = press_login_twice(open_without("one taker of the guest's cart"))
    assert quantity == 4


def add_in_many_tabs(servers: Servers) -> tuple[list[Answer], dict[str, int]]:
    """A guest with two pieces adds one more in each of six tabs, and another product in six others."""
    product, other = a_product(on_hand=100), a_product(on_hand=100)
    session = guest_session(product)
    tabs = [Browser(servers.ports[number % 2], session) for number in range(6)]
    given = at_once(
        [partial(tab.post, f"/cart/{each.pk}/add/", quantity=1) for tab in tabs for each in (product, other)]
    )
    held = {line: quantity for line, (quantity, _) in SessionStore(session)["cart"].items()}
    return given, {name: held.get(str(each.pk), 0) for name, each in {"tea": product, "rice": other}.items()}


def test_what_a_guest_adds_in_many_tabs_adds_up(servers: Servers) -> None:
    given, held = add_in_many_tabs(servers)
    assert (statuses(given), held) == ([302] * 12, {"tea": 8, "rice": 6})


def test_control_without_the_lock_of_the_session_a_tab_undoes_another(open_without: Open) -> None:
    _, held = add_in_many_tabs(open_without("lock of the session"))
    assert sum(held.values()) < 14
