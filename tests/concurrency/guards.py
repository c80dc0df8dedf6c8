"""The guards, taken off: what the shop would do without its locks and guarded statements.

A control runs servers with one of these to show that its race is real. Each stand-in reads, pauses, and
writes what it read, as code does that checks and then acts. Nothing in the shop knows of them.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from shop import session_cart
from shop.exceptions import CouponExhausted, OrderMoved, RefundTooHigh
from shop.models import CartItem, Coupon, Customer, CustomerCoupon, IdempotencyKey, Order, OrderEvent, Product
from shop.models.payments import PaymentOutcome
from shop.models.stock import MovementKind
from shop.payments import Callback
from shop.services import locks, stock
from shop.services.cart import _store as store_line
from shop.services.checkout import Checkout
from shop.services.checkout import _store as store_order
from shop.services.numbers import new_number
from shop.services.payments import _outcome as outcome_of
from shop.services.stock import Quantities
from shop.session_cart import Wanted

PAUSE = 0.3  # seconds between looking and acting: wide enough for the others to look too


def unlocked_buyer(customer: Customer) -> None:
    pass


def store_after_a_pause(*arguments: Any) -> CartItem:
    time.sleep(PAUSE)
    return store_line(*arguments)


def unlocked_order(order_id: int) -> Order:
    return Order.objects.get(pk=order_id)


def unlocked_order_and_a_pause(order_id: int) -> Order:
    order = Order.objects.get(pk=order_id)
    time.sleep(PAUSE)
    return order


def outcome_after_a_pause(order: Order, callback: Callback) -> PaymentOutcome:
    """Between looking for an earlier payment and entering this one."""
    time.sleep(PAUSE)
    return outcome_of(order, callback)


def products_taken_as_read(product_ids: Collection[int]) -> list[Product]:
    """Read without a lock, and one piece of each written off as it was read.

    Before the order's lines are there: their foreign keys lock the products, and InnoDB would answer the
    same mistake with deadlocks instead.
    """
    rows = locks.lock_products(product_ids)
    rows.query.select_for_update = False
    products = list(rows)
    time.sleep(PAUSE)
    for product in products:
        if product.in_stock:
            Product.objects.filter(pk=product.pk).update(allocated=product.allocated + 1)
    return products


def products_unlocked(product_ids: Collection[int]) -> list[Product]:
    rows = locks.lock_products(product_ids)
    rows.query.select_for_update = False
    products = list(rows)
    time.sleep(PAUSE)
    return products


def store_under_another_token(customer: Customer, checkout: Checkout, *rest: Any) -> Order:
    return store_order(customer, replace(checkout, token=uuid4()), *rest)


def spend_without_looking(*, held: CustomerCoupon, order: Order, discount: Decimal) -> None:
    CustomerCoupon.objects.filter(pk=held.pk).update(used_on=order)


def products_locked_in_any_order(product_ids: Collection[int]) -> Any:
    for product_id in random.sample(list(product_ids), len(product_ids)):
        list(locks.lock_products([product_id]))
        time.sleep(PAUSE / 10)
    return locks.lock_products(product_ids)


def only_record(*, order: Order, quantities: Quantities, products: object) -> None:
    stock._record(order, quantities, MovementKind.ALLOCATE, allocated=+1)


def grant_what_was_read(*, customer: Customer, coupon: Coupon) -> CustomerCoupon:
    coupon.refresh_from_db()
    if coupon.total_limit is not None and coupon.claimed_count >= coupon.total_limit:
        raise CouponExhausted
    time.sleep(PAUSE)
    coupon.claimed_count += 1
    coupon.save(update_fields=["claimed_count"])
    return CustomerCoupon.objects.create(customer=customer, coupon=coupon)


def move_what_was_read(order: Order, allowed: Collection[int], status: int, actor: Customer | None) -> Order:
    order = Order.objects.get(pk=order.pk)
    if order.status not in allowed:
        raise OrderMoved(order)
    time.sleep(PAUSE)
    order.status = status
    order.save(update_fields=["status"])
    OrderEvent.objects.create(order=order, status=status, actor=actor)
    return order


def reserve_what_was_read(order: Order, amount: Decimal) -> None:
    if amount > order.refundable:
        raise RefundTooHigh(amount, order.refundable)
    order.refunded_total += amount
    order.save(update_fields=["refunded_total"])


def look_for_the_key(*, customer: Customer, key: str, request_hash: str) -> IdempotencyKey:
    """A key that has an answer is found; one that is being answered is not."""
    answered = IdempotencyKey.objects.filter(customer=customer, request_hash=request_hash).exclude(
        status=None
    )
    if found := answered.first():
        return found
    time.sleep(PAUSE)
    return IdempotencyKey.objects.create(
        customer=customer, digest=new_number(), request_hash=request_hash, started_at=timezone.now()
    )


def mail_after_commit(subject: str, body: str) -> None:
    """As if there were no outbox; the process dies where a mail would be sent."""

    def send() -> None:
        die()
        EmailMessage(subject, body, to=["orders@localhost"]).send()

    transaction.on_commit(send)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_after_the_callback(record: Callable[..., object]) -> Callable[..., object]:
    def record_and_die(**arguments: object) -> object:
        record(**arguments)
        die()
        return None

    return record_and_die


def guest_cart_as_read(request: HttpRequest) -> dict[int, Wanted]:
    lines = session_cart.read(request.session)
    time.sleep(PAUSE)
    return lines


@contextmanager
def changing_what_was_read(request: HttpRequest) -> Iterator[None]:
    session_cart.read(request.session)
    time.sleep(PAUSE)
    yield


Replacements = dict[str, Callable[..., Any]]  # by dotted name

WITHOUT: dict[str, Replacements] = {
    "stock": {
        "shop.services.checkout.lock_products": products_taken_as_read,
        "shop.services.checkout.allocate": only_record,
    },
    "order of locks": {"shop.services.checkout.lock_products": products_locked_in_any_order},
    "token of the checkout": {
        "shop.services.checkout.lock_buyer": unlocked_buyer,
        "shop.services.checkout.lock_products": products_unlocked,
        "shop.services.checkout._store": store_under_another_token,
    },
    "single use of a coupon": {
        "shop.services.checkout.lock_buyer": unlocked_buyer,
        "shop.services.checkout.lock_products": products_unlocked,
        "shop.services.checkout.spend_coupon": spend_without_looking,
    },
    "coupon limit": {"shop.services.coupons.grant_coupon": grant_what_was_read},
    "compare and set": {
        "shop.services.orders.move": move_what_was_read,
        "shop.services.payments.move": move_what_was_read,
        "shop.services.payments.lock_order": unlocked_order,
    },
    "lock of the order": {
        "shop.services.payments.lock_order": unlocked_order,
        "shop.services.payments._outcome": outcome_after_a_pause,
    },
    "lock of the refund": {
        "shop.services.refunds.lock_order": unlocked_order_and_a_pause,
        "shop.services.refunds._reserve": reserve_what_was_read,
    },
    "lock of the buyer": {
        "shop.services.cart.lock_buyer": unlocked_buyer,
        "shop.services.cart._store": store_after_a_pause,
    },
    "one taker of the guest's cart": {"shop.views.access.take_guest_cart": guest_cart_as_read},
    "lock of the session": {"shop.views.cart.changing_cart": changing_what_was_read},
    "claim of the key": {"shop.api.idempotency.claim_key": look_for_the_key},
    "outbox": {"shop.services.payments.tell_the_desk": mail_after_commit},
}
