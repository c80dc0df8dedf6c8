"""What can be so in the shop that stops a request. Views turn these into sentences."""

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from shop.models import Order, Product
from collections.abc import Sequence
from dataclasses import dataclass


class ShopError(Exception):
    """Base of the shop's domain errors."""


class AlreadyReviewed(ShopError):
    """The customer has a review of this product; `review_id` is that review."""

    def __init__(self, review_id: int) -> None:
        super().__init__(f"already reviewed: review {review_id}")
        self.review_id = review_id


class NotBought(ShopError):
    """Only customers who were sent the product review it."""


class BuyingLocked(ShopError):
    """The customer may read, but not buy or write."""


class LoginDelayed(ShopError):
    """After failed logins the next is not looked at yet, but in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"login delayed by {seconds} s")
        self.seconds = seconds


class KeyInFlight(ShopError):
    """A request with this idempotency key has begun and has no answer yet."""


class KeyReused(ShopError):
    """The idempotency key was sent with another request before."""


class AccountTied(ShopError):
    """Something has to end before the account does; `reason` is a sentence for its customer."""

    def __init__(self, reason: "str | Promise") -> None:
        super().__init__("the account is tied")
        self.reason = reason


class LoginNameTaken(ShopError):
    """Another customer has the login name."""


class EmailTaken(ShopError):
    """Another customer has the e-mail address."""


class NotAPicture(ShopError):
    """The file is no picture, or a damaged one."""


class PictureTooLarge(ShopError):
    """The picture has more bytes or pixels than are looked at."""


class AddressBookFull(ShopError):
    """The customer has `limit` addresses already."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"address book full: {limit}")
        self.limit = limit


class ProductUnavailable(ShopError):
    """The product is off sale, has no price or no stock at all."""

    def __init__(self, product: "Product") -> None:
        super().__init__(f"cannot be bought: product {product.pk}")
        self.product = product


class OutOfStock(ShopError):
    """Fewer pieces are free than were asked for."""

    def __init__(self, product: "Product", requested: int, available: int) -> None:
        super().__init__(f"product {product.pk}: {requested} requested, {available} available")
        self.product, self.requested, self.available = product, requested, available


class OverLimit(ShopError):
    """More pieces than one order may hold of this product."""

    def __init__(self, product: "Product", requested: int) -> None:
        super().__init__(f"product {product.pk}: {requested} requested, {product.limit_per_order} allowed")
        self.product, self.requested = product, requested


class StockAllocated(ShopError):
    """The change would leave less stock than orders hold."""

    def __init__(self, product: "Product", change: int) -> None:
        super().__init__(f"product {product.pk}: {product.on_hand} {change:+d} < {product.allocated}")
        self.product, self.change = product, change


class CartFull(ShopError):
    """The cart has `most` lines already."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} lines at most")
        self.most = most


class CartEmpty(ShopError):
    """There is nothing to order."""


class PriceChanged(ShopError):
    """The order would cost another amount than the shopper was shown."""

    def __init__(self, shown: Decimal, now: Decimal) -> None:
        super().__init__(f"{shown} was shown, {now} is due")
        self.shown, self.now = shown, now


class NoDelivery(ShopError):
    """No delivery rule covers the province."""

    def __init__(self, province: str) -> None:
        super().__init__(f"no delivery to {province}")
        self.province = province


class CouponUnusable(ShopError):
    """The coupon is used, over, not the customer's, or fits nothing in the cart."""


class BelowMinimumSpend(CouponUnusable):
    """The goods that the coupon counts are worth less than it asks for."""

    def __init__(self, minimum: Decimal, goods: Decimal) -> None:
        super().__init__(f"{minimum} needed, {goods} in the cart")
        self.minimum, self.goods = minimum, goods

    @property
    def short_by(self) -> Decimal:
        return self.minimum - self.goods


class CouponExhausted(ShopError):
    """All copies of the coupon are taken, or all that one customer may have."""


class OrderMoved(ShopError):
    """The order's status does not allow this (any more)."""

    def __init__(self, order: "Order") -> None:
        super().__init__(f"order {order.number} is {order.get_status_display()}")
        self.order = order


class RefundTooHigh(ShopError):
    """More than what is left of the money received for the order."""

    def __init__(self, requested: Decimal, refundable: Decimal) -> None:
        super().__init__(f"{requested} requested, {refundable} refundable")
        self.requested, self.refundable = requested, refundable


class RefundDecided(ShopError):
    """The refund has been approved or rejected already, or one is open for the order."""


class PaymentError(ShopError):
    """Base of what goes wrong with a payment provider."""


class CallbackUnverified(PaymentError):
    """The callback's signature, app or form is not the provider's."""


class ProviderUnreachable(PaymentError):
    """The provider did not answer, or answered with an error; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A line of a file, counted from 1, and what is wrong with it."""

    number: int
    reason: str


class FinderSilent(ShopError):
    """Nobody can say which products fit a search: the database looks for the words by itself."""


class TrailKept(ShopError):
    """An entry of the audit trail is neither changed nor deleted."""


class WrongProductFile(ShopError):
    """A file of products has wrong `lines`, so none of it was taken."""

    def __init__(self, lines: Sequence[WrongLine]) -> None:
        super().__init__("; ".join(f"line {line.number}: {line.reason}" for line in lines))
        self.lines = tuple(lines)
