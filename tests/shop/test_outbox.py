"""The outbox: written with what it tells of, sent once by one worker, found again when one dies."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from shop.exceptions import RefundDecided
from shop.models import OutboxMessage
from shop.models.outbox import OutboxKind
from shop.services.orders import close_order
from shop.services.outbox import put_in_outbox, tell_the_desk
from shop.services.refunds import refund_order, reject_refund, request_refund
from shop.services.sending import LEASE, claim, deliver_outbox
from tests.shop.builders import a_customer, a_paid_order, a_shipped_order, an_order

pytestmark = pytest.mark.django_db


def test_a_paid_order_is_told_to_the_desk_once() -> None:
    order = a_paid_order(a_customer())
    assert mail.outbox == []
    assert (deliver_outbox().sent, deliver_outbox().sent) == (1, 0)
    assert [(message.subject, message.to) for message in mail.outbox] == [
        (f"Order {order.number} is paid", ["orders@localhost"])
    ]


def test_whoever_ordered_is_told_of_payment_shipping_and_refunds_in_both_languages() -> None:
    alice = a_customer(email="alice@example.org")
    order = a_shipped_order(alice)
    refund_order(order=order, amount=Decimal("5.00"), reason="Broken", actor=None)
    deliver_outbox()
    mails = [message for message in mail.outbox if message.to == ["alice@example.org"]]
    assert {message.subject for message in mails} == {f"Larder {order.number}"}
    assert [message.body for message in mails] == [
        f"Your order {order.number} is paid. We start packing."
        f"\n\n您的订单 {order.number} 已支付，我们开始配货。",
        f"Your order {order.number} is on its way with SF, SF1."
        f"\n\n您的订单 {order.number} 已由SF发出，运单号 SF1。",
        f"We refund ¥5.00 of your order {order.number}.\n\n您的订单 {order.number} 将退款 ¥5.00。",
    ]


def test_an_order_that_the_shop_closes_is_told_of() -> None:
    alice = a_customer(email="alice@example.org")
    close_order(order=an_order(alice), actor=alice)
    deliver_outbox()
    assert ["We are sorry: we had to close your order" in message.body for message in mail.outbox] == [True]


def test_who_asked_for_a_return_is_told_once_that_it_is_not_granted() -> None:
    staff, alice = a_customer("charlie"), a_customer(email="alice@example.org")
    order = a_shipped_order(alice)
    refund = request_refund(order=order, amount=Decimal("5.00"), reason="Broken")
    reject_refund(refund=refund, actor=staff)
    with pytest.raises(RefundDecided):
        reject_refund(refund=refund, actor=staff)
    deliver_outbox()
    told = [message.body for message in mail.outbox if "cannot grant it" in message.body]
    assert len(told) == 1
    assert f"your request for ¥5.00 of your order {order.number}" in told[0]


def test_what_is_rolled_back_is_never_sent() -> None:
    with transaction.atomic():
        tell_the_desk("Never", "")
        transaction.set_rollback(True)
    assert deliver_outbox().sent == 0


def test_a_claimed_message_is_left_alone_until_the_lease_is_over() -> None:
    tell_the_desk("Hello", "")
    message = OutboxMessage.objects.get()
    assert (claim(message), claim(message)) == (True, False)
    assert deliver_outbox().sent == 0
    OutboxMessage.objects.update(due_at=timezone.now())  # LEASE later, the first worker having died
    assert deliver_outbox().sent == 1
    assert timedelta(seconds=30) < LEASE


def test_a_message_sent_twice_has_one_id() -> None:
    tell_the_desk("Hello", "")
    deliver_outbox()
    OutboxMessage.objects.update(delivered_at=None, due_at=timezone.now())
    deliver_outbox()
    first, second = (message.extra_headers["Message-ID"] for message in mail.outbox)
    assert first == second


@override_settings(
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=9
)
def test_what_cannot_be_sent_waits_longer_each_time_and_holds_up_nothing() -> None:
    tell_the_desk("Hello", "")
    pauses = []
    for _ in range(3):
        OutboxMessage.objects.update(due_at=timezone.now())
        assert deliver_outbox().failed == 1
        pauses.append(round((OutboxMessage.objects.get().due_at - timezone.now()).total_seconds()))
    assert pauses == [1, 2, 4]
    assert "Connection refused" in OutboxMessage.objects.get().last_error


def test_a_message_that_makes_no_sense_holds_up_no_other() -> None:
    put_in_outbox(OutboxKind.REFUND, {"refund_id": 0})
    tell_the_desk("Hello", "")
    delivered = deliver_outbox()
    assert (delivered.sent, delivered.failed) == (1, 1)
    assert OutboxMessage.objects.get(delivered_at=None).last_error == "Refund matching query does not exist."


def test_a_message_is_not_sent_before_it_is_due() -> None:
    put_in_outbox(
        OutboxKind.MAIL, {"to": "a@b", "subject": "", "body": ""}, due_at=timezone.now() + timedelta(1)
    )
    assert deliver_outbox().sent == 0
