"""What commands take."""

from argparse import ArgumentTypeError
from decimal import Decimal, InvalidOperation


def whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def amount(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise ArgumentTypeError(f"{text!r} is not an amount such as 5 or 0.50")
    return found
