"""What the shop asks of a payment provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from shop.models import Order, Refund
from shop.models.orders import PaymentType


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

    def page_address(self, order: Order, addresses: Addresses) -> str:
        """Where the shopper pays."""

    def read_callback(self, fields: Mapping[str, str]) -> Callback | None:
        """None where nothing is decided yet. Raises CallbackUnverified."""

    def query(self, order: Order) -> Callback | None:
        """What the provider knows of an order's payment. Raises ProviderUnreachable."""

    def refund(self, refund: Refund) -> None:
        """Pay `refund.amount` of `refund.payment` back, once per `refund.number`.

        Raises ProviderUnreachable.
        """
