"""A provider that moves no money: its own page and book, and callbacks signed with an HMAC.

The shopper chooses how the payment goes. Callbacks reach the shop as a real provider's do, by HTTP from
another process, when the worker delivers them.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from shop.exceptions import CallbackUnverified, ProviderUnreachable
from shop.models import OutboxMessage, SandboxTrade
from shop.models.orders import PaymentType
from shop.models.outbox import OutboxKind
from shop.payments.provider import Addresses, Callback, Payable, Returnable

DELAY = timedelta(seconds=20)
FIELDS = ("callback_id", "order_number", "amount", "currency", "outcome")
PAGE_FIELDS = ("order_number", "amount", "currency", "back", "notify")


class Play(Enum):
    """How a payment in the sandbox goes."""

    SUCCESS = "success"
    FAILURE = "failure"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out-of-order"


class SandboxProvider:
    name = "sandbox"
    payment_type = PaymentType.SANDBOX
    acknowledgement = "ok"

    def page_address(self, payable: Payable, addresses: Addresses) -> str:
        fields = {
            "order_number": payable.number,
            "amount": str(payable.total),
            "currency": settings.CURRENCY,
            "back": addresses.back,
            "notify": addresses.notify,
        }
        return f"{reverse('shop:sandbox')}?{urlencode(signed(fields))}"

    def read_callback(self, fields: Mapping[str, str]) -> Callback | None:
        verified = verify(fields, FIELDS)
        try:
            amount = Decimal(verified["amount"])
        except InvalidOperation as error:
            raise CallbackUnverified("no amount") from error
        return Callback(
            payment_type=self.payment_type,
            callback_id=verified["callback_id"],
            order_number=verified["order_number"],
            amount=amount,
            currency=verified["currency"],
            is_paid=verified["outcome"] == "paid",
        )

    def query(self, payable: Payable) -> Callback | None:
        trade = SandboxTrade.objects.filter(order_number=payable.number).order_by("is_paid", "pk").last()
        return self.read_callback(callback_fields(trade)) if trade else None

    def refund(self, refund: Returnable) -> None:
        assert refund.payment is not None  # noqa: S101 (the caller has looked)
        with transaction.atomic():
            trade = (
                SandboxTrade.objects.select_for_update()
                .filter(pk=trade_id(refund.payment.callback_id))
                .first()
            )
            if trade is None:
                raise ProviderUnreachable("the sandbox knows no such trade")
            trade.refunded[refund.number] = str(refund.amount)
            if sum(map(Decimal, trade.refunded.values())) > trade.amount:
                raise ProviderUnreachable("more would be refunded than was paid")
            trade.save(update_fields=["refunded"])


def play(fields: Mapping[str, str], how: Play) -> None:
    """Enter the trade in the sandbox's book, and what it will call back, in one transaction."""
    with transaction.atomic():
        if how is Play.FAILURE:
            _call_back(fields, _trade(fields, is_paid=False))
            return
        if how is Play.OUT_OF_ORDER:  # a first attempt fails, a second succeeds and is told of first
            failed, paid = _trade(fields, is_paid=False), _trade(fields, is_paid=True)
            _call_back(fields, paid)
            _call_back(fields, failed)
            return
        trade = _trade(fields, is_paid=True)
        _call_back(fields, trade, after=DELAY if how is Play.DELAY else timedelta(0))
        if how is Play.DUPLICATE:
            _call_back(fields, trade)


def callback_fields(trade: SandboxTrade) -> dict[str, str]:
    """What the sandbox calls back of a trade, signed."""
    return signed(
        {
            "callback_id": f"S{trade.pk}",
            "order_number": trade.order_number,
            "amount": f"{trade.amount:.2f}",
            "currency": trade.currency,
            "outcome": "paid" if trade.is_paid else "failed",
        }
    )


def trade_id(callback_id: str) -> int:
    return int(callback_id.removeprefix("S"))


def signed(fields: Mapping[str, str]) -> dict[str, str]:
    return {**fields, "signature": _signature(fields)}


def verify(fields: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The fields of these names. Raises CallbackUnverified unless they were signed together."""
    told = {name: fields.get(name, "") for name in names}
    if not constant_time_compare(fields.get("signature", ""), _signature(told)):
        raise CallbackUnverified("the signature is not the sandbox's")
    return told


def _signature(fields: Mapping[str, str]) -> str:
    message = urlencode(sorted(fields.items()))
    return salted_hmac("shop.payments.sandbox", message, algorithm="sha256").hexdigest()


def _trade(fields: Mapping[str, str], *, is_paid: bool) -> SandboxTrade:
    return SandboxTrade.objects.create(
        order_number=fields["order_number"],
        amount=Decimal(fields["amount"]),
        currency=fields["currency"],
        is_paid=is_paid,
    )


def _call_back(fields: Mapping[str, str], trade: SandboxTrade, *, after: timedelta = timedelta(0)) -> None:
    OutboxMessage.objects.create(
        kind=OutboxKind.SANDBOX_CALLBACK,
        payload={"address": fields["notify"], "fields": callback_fields(trade)},
        due_at=timezone.now() + after,
    )
