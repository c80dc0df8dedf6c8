"""What the shop asks of a payment provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from shop.models.orders import PaymentType


class Payable(Protocol):
    """What can be paid: an order, or a loan's repayment. No two have the same number."""

    number: str
    total: Decimal
    pay_until: datetime


class Received(Protocol):
    callback_id: str


class Returnable(Protocol):
    """Money that goes back where it came from."""

    number: str
    amount: Decimal

    @property
    def payment(self) -> Received | None: ...


@dataclass(frozen=True, slots=True)
class Addresses:
    """Absolute ones: where the shopper returns to, and where the provider calls back."""

    back: str
    notify: str


@dataclass(frozen=True, slots=True)
class Callback:
    """A provider's verified word. `callback_id` is the same however often it is said."""

    payment_type: PaymentType
    callback_id: str
    order_number: str
    amount: Decimal
    currency: str
    is_paid: bool


class Provider(Protocol):
    name: str
    payment_type: PaymentType
    acknowledgement: str  # what the provider waits to read after a callback

    def page_address(self, payable: Payable, addresses: Addresses) -> str:
        """Where the shopper pays."""

    def read_callback(self, fields: Mapping[str, str]) -> Callback | None:
        """None where nothing is decided yet. Raises CallbackUnverified."""

    def query(self, payable: Payable) -> Callback | None:
        """What the provider knows of a payment. Raises ProviderUnreachable."""

    def refund(self, refund: Returnable) -> None:
        """Pay `refund.amount` of `refund.payment` back, once per `refund.number`.

        Raises ProviderUnreachable.
        """
