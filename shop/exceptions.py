"""What can be so in the shop that stops a request. Views turn these into sentences."""

from collections.abc import Sequence
from dataclasses import dataclass


class ShopError(Exception):
    """Base of the shop's domain errors."""


class AlreadyReviewed(ShopError):
    """The customer has a review of this product; `review_id` is that review."""

    def __init__(self, review_id: int) -> None:
        super().__init__(f"already reviewed: review {review_id}")
        self.review_id = review_id


class BuyingLocked(ShopError):
    """The customer may read, but not buy or write."""


class LoginDelayed(ShopError):
    """After failed logins the next is not looked at yet, but in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"login delayed by {seconds} s")
        self.seconds = seconds


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


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A line of a file, counted from 1, and what is wrong with it."""

    number: int
    reason: str


class WrongProductFile(ShopError):
    """A file of products has wrong `lines`, so none of it was taken."""

    def __init__(self, lines: Sequence[WrongLine]) -> None:
        super().__init__("; ".join(f"line {line.number}: {line.reason}" for line in lines))
        self.lines = tuple(lines)
