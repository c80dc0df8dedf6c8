"""Payments: whose word counts, that it counts once, and where money goes that no order needs."""

import base64
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from Cryptodome.Hash import SHA256
from Cryptodome.PublicKey import RSA
from Cryptodome.Signature import pkcs1_15
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from shop.exceptions import CallbackUnverified, ProviderUnreachable
from shop.models import Customer, Order, OutboxMessage, Payment, Refund, SandboxTrade
from shop.models.orders import PaymentType
from shop.payments import Addresses, alipay, sandbox
from shop.payments.alipay import AlipayProvider
from shop.payments.sandbox import SandboxProvider
from shop.services.expiry import expire_unpaid_orders
from shop.services.orders import cancel_order
from shop.services.payments import record_callback
from shop.services.reconciliation import differences
from shop.services.refunds import pay_out
from shop.services.sending import deliver_outbox
from tests.shop.builders import a_callback, a_customer, a_paid_order, an_order, pay_in_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


def state(order: Order) -> tuple[int, int, Decimal, Decimal]:
    order.refresh_from_db()
    return order.status, order.payment_status, order.paid_total, order.refunded_total


def call_back(client: Client, order: Order, **changed: str) -> int:
    """A signed callback of the sandbox, and what the shop answers."""
    fields = {
        "callback_id": "S1", "order_number": order.number, "amount": str(order.total), "currency": "CNY",
        "outcome": "paid",
    }  # fmt: skip
    return client.post("/payments/sandbox/callback/", sandbox.signed(fields | changed)).status_code


def test_a_signed_callback_marks_an_order_paid(client: Client, alice: Customer) -> None:
    order = an_order(alice)
    response = client.post(
        "/payments/sandbox/callback/",
        sandbox.signed({
            "callback_id": "S7", "order_number": order.number, "amount": "15.00", "currency": "CNY",
            "outcome": "paid",
        }),
    )  # fmt: skip
    assert (response.status_code, response.content) == (200, b"ok")
    assert state(order) == (1, 1, Decimal("15.00"), Decimal("0.00"))
    assert (order.payment_type, order.paid_at is not None) == (9, True)
    payment = Payment.objects.get()
    assert (payment.order, payment.provider, payment.callback_id, payment.amount, payment.currency) == (
        order, 9, "S7", Decimal("15.00"), "CNY",
    )  # fmt: skip
    assert list(differences()) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": ""},
        {"signature": "0" * 64},
        {"amount": "0.01"},
        {"outcome": "failed"},
        {"callback_id": "S2"},
    ],
)
def test_a_callback_that_was_forged_or_changed_does_nothing(
    client: Client, alice: Customer, changed: dict[str, str]
) -> None:
    order = an_order(alice)
    signed = sandbox.signed({
        "callback_id": "S1", "order_number": order.number, "amount": "15.00", "currency": "CNY",
        "outcome": "paid",
    })  # fmt: skip
    assert client.post("/payments/sandbox/callback/", signed | changed).status_code == 400
    assert state(order)[:2] == (0, 0)
    assert Payment.objects.count() == 0


def test_no_address_of_the_shop_marks_an_order_paid_without_a_callback(
    client: Client, alice: Customer
) -> None:
    order = an_order(alice)
    client.force_login(alice)
    assert client.get(f"/orders/{order.number}/pay/?back=1").status_code == 200
    assert client.get("/payments/sandbox/callback/", {"order_number": order.number}).status_code == 405
    client.post(f"/orders/{order.number}/check/")
    assert state(order)[0] == 0


def test_the_same_callback_counts_once_and_is_thanked_for_each_time(client: Client, alice: Customer) -> None:
    order = an_order(alice)
    assert [call_back(client, order) for _ in range(3)] == [200, 200, 200]
    assert state(order) == (1, 1, Decimal("15.00"), Decimal("0.00"))
    assert Payment.objects.count() == 1
    assert order.events.count() == 1


@pytest.mark.parametrize("changed", [{"amount": "14.99"}, {"amount": "15.01"}, {"currency": "USD"}])
def test_another_amount_or_currency_pays_nothing_and_the_desk_is_told(
    client: Client, alice: Customer, changed: dict[str, str]
) -> None:
    order = an_order(alice)
    assert call_back(client, order, **changed) == 200
    assert state(order) == (0, 0, Decimal("0.00"), Decimal("0.00"))
    assert Payment.objects.get().outcome == "mismatched"
    assert "does not fit" in OutboxMessage.objects.get(kind="mail").payload["subject"]
    client.force_login(alice)
    assert "of another amount than was due" in client.get(f"/orders/{order.number}/pay/").content.decode()


def test_a_callback_for_no_order_or_with_another_order_s_id_is_refused(
    client: Client, alice: Customer
) -> None:
    order, other = an_order(alice), an_order(alice)
    assert call_back(client, order, order_number="NOSUCHORDER") == 400
    assert call_back(client, order) == 200
    assert call_back(client, other) == 400
    assert state(other)[0] == 0
    assert Payment.objects.count() == 1


def test_a_failed_payment_is_shown_and_can_be_tried_again(client: Client, alice: Customer) -> None:
    order = an_order(alice)
    client.force_login(alice)
    assert call_back(client, order, outcome="failed") == 200
    page = client.get(f"/orders/{order.number}/pay/").content.decode()
    assert "The payment failed, nothing was charged." in page
    assert "Try again with Payment sandbox" in page
    assert call_back(client, order, callback_id="S2") == 200
    assert state(order)[:2] == (1, 1)


def test_a_failure_that_is_told_after_the_success_changes_nothing(client: Client, alice: Customer) -> None:
    order = an_order(alice)
    call_back(client, order, callback_id="S2")
    call_back(client, order, callback_id="S1", outcome="failed")
    assert state(order) == (1, 1, Decimal("15.00"), Decimal("0.00"))
    client.force_login(alice)
    assert "Paid. Thank you" in client.get(f"/orders/{order.number}/pay/").content.decode()


@pytest.mark.parametrize("closing", ["timeout", "customer"])
def test_a_late_payment_goes_back(client: Client, alice: Customer, closing: str) -> None:
    order = an_order(alice)
    if closing == "timeout":
        Order.objects.update(pay_until=timezone.now())
        expire_unpaid_orders()
    else:
        cancel_order(order=order, customer=alice)
    pay_in_sandbox(order)
    status = -2 if closing == "timeout" else -1
    assert state(order) == (status, 3, Decimal("15.00"), Decimal("15.00"))
    client.force_login(alice)
    assert "All of it goes back to you." in client.get(f"/orders/{order.number}/pay/").content.decode()
    deliver_outbox()
    assert list(Refund.objects.values_list("amount", "status")) == [(Decimal("15.00"), "paid-out")]
    assert SandboxTrade.objects.get().refunded == {Refund.objects.get().number: "15.00"}
    assert list(differences()) == []


def test_a_second_payment_goes_back_and_the_order_stays_paid(alice: Customer) -> None:
    order = a_paid_order(alice)
    pay_in_sandbox(order)
    assert state(order) == (1, 1, Decimal("30.00"), Decimal("15.00"))
    assert list(Payment.objects.order_by("pk").values_list("outcome", flat=True)) == ["accepted", "surplus"]
    assert Refund.objects.get().payment == Payment.objects.get(outcome="surplus")
    cancel_order(order=order, customer=alice)
    assert state(order) == (-1, 3, Decimal("30.00"), Decimal("30.00"))
    assert list(differences()) == []


def test_paying_out_twice_pays_once(alice: Customer) -> None:
    order = a_paid_order(alice)
    cancel_order(order=order, customer=alice)
    refund = Refund.objects.get()
    pay_out(refund_id=refund.pk)
    Refund.objects.update(status="approved")  # the worker died before it could write down that it had paid
    pay_out(refund_id=refund.pk)
    assert SandboxTrade.objects.get().refunded == {refund.number: "15.00"}


def test_a_refund_that_its_provider_refuses_is_tried_again_later(alice: Customer) -> None:
    order = an_order(alice)
    record_callback(callback=a_callback(order, callback_id="S999999"))  # no such trade in the sandbox
    cancel_order(order=order, customer=alice)
    assert deliver_outbox().failed == 1
    message = OutboxMessage.objects.get(kind="refund")
    assert (message.delivered_at, message.attempts) == (None, 1)
    assert message.last_error == "the sandbox knows no such trade"
    assert message.due_at > timezone.now()
    assert Refund.objects.get().status == "approved"


def sandbox_page(client: Client, order: Order) -> str:
    address: str = client.post(f"/orders/{order.number}/pay/sandbox/")["Location"]
    assert address.startswith("/payments/sandbox/?order_number=")
    return address


@pytest.mark.parametrize(
    ("play", "told"),
    [
        ("success", ["paid"]), ("failure", ["failed"]), ("duplicate", ["paid", "paid"]),
        ("out-of-order", ["paid", "failed"]), ("delay", ["paid"]),
    ],
)  # fmt: skip
def test_the_sandbox_plays_what_the_shopper_chooses(
    client: Client, alice: Customer, play: str, told: list[str]
) -> None:
    order = an_order(alice)
    client.force_login(alice)
    address = sandbox_page(client, order)
    assert "No money moves here." in client.get(address).content.decode()
    response = client.post(address, {"play": play})
    assert response["Location"] == f"http://testserver/orders/{order.number}/pay/?back=1"
    callbacks = [
        message.payload for message in OutboxMessage.objects.filter(kind="sandbox-callback").order_by("pk")
    ]
    assert [callback["fields"]["outcome"] for callback in callbacks] == told
    assert {callback["address"] for callback in callbacks} == {"http://testserver/payments/sandbox/callback/"}
    assert state(order)[0] == 0
    for callback in callbacks:
        assert client.post("/payments/sandbox/callback/", callback["fields"]).status_code == 200
    assert state(order)[0] == (0 if play == "failure" else 1)
    assert Payment.objects.filter(outcome="accepted").count() == (0 if play == "failure" else 1)


def test_a_delayed_callback_waits_and_asking_the_provider_does_not(client: Client, alice: Customer) -> None:
    order = an_order(alice)
    client.force_login(alice)
    client.post(sandbox_page(client, order), {"play": "delay"})
    assert deliver_outbox().sent == 0
    page = client.get(f"/orders/{order.number}/pay/?back=1").content.decode()
    assert "We are waiting for the payment service" in page
    page = client.post(f"/orders/{order.number}/check/", follow=True).content.decode()
    assert "Paid. Thank you" in page
    assert state(order)[0] == 1


def test_an_order_whose_callback_was_lost_is_asked_for_before_it_expires(
    client: Client, alice: Customer
) -> None:
    order, unpaid = an_order(alice), an_order(alice)
    client.force_login(alice)
    client.post(sandbox_page(client, order), {"play": "success"})
    OutboxMessage.objects.all().delete()
    Order.objects.update(pay_until=timezone.now())
    assert expire_unpaid_orders() == 1
    assert (state(order)[0], state(unpaid)[0]) == (1, -2)


def test_a_provider_that_does_not_answer_keeps_no_order_open(
    alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(provider: SandboxProvider, order: Order) -> None:
        raise ProviderUnreachable("no answer")

    order = an_order(alice)
    monkeypatch.setattr(SandboxProvider, "query", silent)
    Order.objects.update(pay_until=timezone.now())
    assert expire_unpaid_orders() == 1
    assert state(order)[0] == -2


def test_the_sandbox_s_page_believes_only_what_the_shop_signed(client: Client, alice: Customer) -> None:
    order = an_order(alice)
    client.force_login(alice)
    address = sandbox_page(client, order)
    assert client.get(address.replace("amount=15.00", "amount=0.01")).status_code == 404
    assert client.post(address, {"play": "no such"}).status_code == 200
    assert SandboxTrade.objects.count() == 0


def test_the_sandbox_is_closed_where_it_is_not_named(
    client: Client, alice: Customer, settings: Settings
) -> None:
    order = an_order(alice)
    client.force_login(alice)
    address = sandbox_page(client, order)
    settings.PAYMENT_PROVIDERS = []
    assert client.get(address).status_code == 404
    assert client.post(f"/orders/{order.number}/pay/sandbox/").status_code == 404
    assert call_back(client, order) == 404
    assert state(order)[0] == 0


def test_an_order_that_is_paid_is_not_sent_to_pay_again(client: Client, alice: Customer) -> None:
    order = a_paid_order(alice)
    client.force_login(alice)
    assert client.post(f"/orders/{order.number}/pay/sandbox/")["Location"] == f"/orders/{order.number}/pay/"
    assert "Paid. Thank you" in client.get(f"/orders/{order.number}/pay/").content.decode()


def test_a_closed_order_says_that_it_cannot_be_paid(client: Client, alice: Customer) -> None:
    order = an_order(alice)
    cancel_order(order=order, customer=alice)
    client.force_login(alice)
    page = client.get(f"/orders/{order.number}/pay/").content.decode()
    assert "it can no longer be paid. Nothing was charged." in page


# Alipay, with keys made for the test


@pytest.fixture(scope="module")
def keys() -> tuple[RSA.RsaKey, RSA.RsaKey, RSA.RsaKey]:
    """The shop's, Alipay's, and a stranger's."""
    return RSA.generate(2048), RSA.generate(2048), RSA.generate(2048)


@pytest.fixture
def alipay_key(keys: tuple[RSA.RsaKey, ...], settings: Settings, tmp_path: Path) -> RSA.RsaKey:
    """Alipay's own private key; the shop is set up with its public half."""
    ours, theirs, _ = keys
    (tmp_path / "private.pem").write_bytes(ours.export_key())
    (tmp_path / "alipay.pem").write_bytes(theirs.public_key().export_key())
    settings.PAYMENT_PROVIDERS = ["alipay"]
    settings.ALIPAY_APP_ID = "2021000000000001"
    settings.ALIPAY_PRIVATE_KEY_FILE = str(tmp_path / "private.pem")
    settings.ALIPAY_PUBLIC_KEY_FILE = str(tmp_path / "alipay.pem")
    alipay.client.cache_clear()
    return theirs


def notification(key: RSA.RsaKey, order: Order, **changed: str) -> dict[str, str]:
    """What Alipay posts, signed as its documentation says: every field but sign and sign_type, sorted."""
    fields = {
        "app_id": "2021000000000001", "notify_id": "2026112500222", "notify_type": "trade_status_sync",
        "out_trade_no": order.number, "trade_no": "2026112522001400000001", "trade_status": "TRADE_SUCCESS",
        "total_amount": str(order.total), "subject": f"Larder {order.number}", "charset": "utf-8",
        "fund_bill_list": '[{"amount":"15.00","fundChannel":"ALIPAYACCOUNT"}]',
    } | changed  # fmt: skip
    message = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    signature = pkcs1_15.new(key).sign(SHA256.new(message.encode()))
    return fields | {"sign": base64.b64encode(signature).decode(), "sign_type": "RSA2"}


def test_alipay_s_signed_notification_marks_an_order_paid(
    client: Client, alice: Customer, alipay_key: RSA.RsaKey
) -> None:
    order = an_order(alice)
    told = notification(alipay_key, order)
    for _ in range(2):
        response = client.post("/payments/alipay/callback/", told)
        assert (response.status_code, response.content) == (200, b"success")
    finished = notification(alipay_key, order, trade_status="TRADE_FINISHED", notify_id="2026112500333")
    assert client.post("/payments/alipay/callback/", finished).status_code == 200
    assert state(order) == (1, 1, Decimal("15.00"), Decimal("0.00"))
    assert order.payment_type == 1
    assert Payment.objects.get().callback_id == "2026112522001400000001"


@pytest.mark.parametrize(
    "changed",
    [
        {"total_amount": "0.01"}, {"out_trade_no": "ANOTHER"}, {"sign": ""}, {"sign": "bm90IGEgc2lnbmF0dXJl"},
        {"sign": "%%%"}, {"sign_type": "RSA"}, {"trade_status": "TRADE_FINISHED"},
    ],
)  # fmt: skip
def test_a_notification_that_alipay_did_not_sign_so_is_refused(
    client: Client, alice: Customer, alipay_key: RSA.RsaKey, changed: dict[str, str]
) -> None:
    order = an_order(alice)
    told = notification(alipay_key, order) | changed
    assert client.post("/payments/alipay/callback/", told).status_code == 400
    assert state(order)[:2] == (0, 0)
    assert Payment.objects.count() == 0


def test_a_notification_for_another_app_or_by_another_key_is_refused(
    client: Client, alice: Customer, alipay_key: RSA.RsaKey, keys: tuple[RSA.RsaKey, ...]
) -> None:
    order = an_order(alice)
    for told in (
        notification(alipay_key, order, app_id="2021000000000002"),
        notification(keys[2], order),
    ):
        assert client.post("/payments/alipay/callback/", told).status_code == 400
    assert state(order)[:2] == (0, 0)


def test_a_notification_of_a_payment_still_open_is_thanked_for_and_changes_nothing(
    client: Client, alice: Customer, alipay_key: RSA.RsaKey
) -> None:
    order = an_order(alice)
    told = notification(alipay_key, order, trade_status="WAIT_BUYER_PAY")
    assert client.post("/payments/alipay/callback/", told).content == b"success"
    assert Payment.objects.count() == 0


def test_the_shopper_is_sent_to_alipay_with_a_signed_order(
    client: Client, alice: Customer, alipay_key: RSA.RsaKey, settings: Settings
) -> None:
    order = an_order(alice)
    client.force_login(alice)
    address = urlsplit(client.post(f"/orders/{order.number}/pay/alipay/")["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://openapi.alipay.com/gateway.do"
    fields = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert fields["method"] == "alipay.trade.page.pay"
    assert f'"out_trade_no":"{order.number}"' in fields["biz_content"]
    assert '"total_amount":"15.00"' in fields["biz_content"]
    assert fields["notify_url"] == "http://testserver/payments/alipay/callback/"
    signature = base64.b64decode(fields.pop("sign"))
    message = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    ours = RSA.import_key(Path(settings.ALIPAY_PRIVATE_KEY_FILE).read_bytes())
    pkcs1_15.new(ours.public_key()).verify(SHA256.new(message.encode()), signature)


class Gateway:
    """Alipay's gateway, for what the shop asks of it."""

    def __init__(self, **answers: dict[str, Any]) -> None:
        self.answers, self.asked = answers, dict[str, Any]()

    def api_alipay_trade_query(self, **arguments: str) -> dict[str, Any]:
        self.asked["query"] = arguments
        return self.answers["query"]

    def api_alipay_trade_refund(self, **arguments: str) -> dict[str, Any]:
        self.asked["refund"] = arguments
        return self.answers["refund"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST", "msg": "Business Failed"}, 0),
        ({"code": "10000", "trade_status": "WAIT_BUYER_PAY", "trade_no": "1"}, 0),
        ({"code": "10000", "trade_status": "TRADE_SUCCESS", "trade_no": "1", "total_amount": "15.00"}, 1),
        ({"code": "20000", "msg": "Service Currently Unavailable"}, 0),
    ],
)
@pytest.mark.usefixtures("alipay_key")
def test_asking_alipay_counts_like_its_notification(
    client: Client, alice: Customer, monkeypatch: pytest.MonkeyPatch, answer: dict[str, str], status: int
) -> None:
    order = an_order(alice)
    gateway = Gateway(query={"out_trade_no": order.number} | answer)
    monkeypatch.setattr(alipay, "client", lambda: gateway)
    client.force_login(alice)
    assert client.post(f"/orders/{order.number}/check/").status_code == 302
    assert gateway.asked == {"query": {"out_trade_no": order.number}}
    assert state(order)[0] == status


def test_a_refund_asks_alipay_once_per_number_and_a_refusal_is_no_refund(
    alice: Customer, alipay_key: RSA.RsaKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = an_order(alice)
    record_callback(callback=a_callback(order, payment_type=PaymentType.ALIPAY, callback_id="77"))
    cancel_order(order=order, customer=alice)
    refund = Refund.objects.get()
    gateway = Gateway(refund={"code": "40004", "sub_code": "ACQ.SELLER_BALANCE_NOT_ENOUGH"})
    monkeypatch.setattr(alipay, "client", lambda: gateway)
    with pytest.raises(ProviderUnreachable, match="SELLER_BALANCE_NOT_ENOUGH"):
        pay_out(refund_id=refund.pk)
    refund.refresh_from_db()
    assert refund.status == "approved"
    gateway.answers["refund"] = {"code": "10000"}
    pay_out(refund_id=refund.pk)
    refund.refresh_from_db()
    assert refund.status == "paid-out"
    assert gateway.asked["refund"] == {
        "refund_amount": "15.00", "trade_no": "77", "out_request_no": refund.number,
    }  # fmt: skip


def test_an_unsigned_word_raises_what_the_interface_says(alipay_key: RSA.RsaKey) -> None:
    for provider in (AlipayProvider(), SandboxProvider()):
        with pytest.raises(CallbackUnverified):
            provider.read_callback({"trade_status": "TRADE_SUCCESS"})


def test_the_sandbox_s_address_carries_its_signature(alice: Customer) -> None:
    order = an_order(alice)
    address = SandboxProvider().page_address(order, Addresses("https://shop/back", "https://shop/notify"))
    fields = dict(part.split("=", 1) for part in urlsplit(address).query.split("&"))
    assert urlencode({"back": "https://shop/back"}) == f"back={fields['back']}"
    assert len(fields["signature"]) == 64
