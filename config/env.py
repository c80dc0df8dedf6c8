"""Typed readers of environment variables: a wrong value stops the start and names its variable."""

import os
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


def text(name: str, default: str) -> str:
    """The value of `name`; unset and empty both mean `default`."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    value = text(name, str(default)).lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name}={value!r} is not a yes or no: set it to true or false.")
    return value in TRUE


def whole(name: str, default: int, *, at_least: int = 0) -> int:
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) < at_least:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number of at least {at_least}.")
    return int(value)


class Rate(NamedTuple):
    calls: int
    seconds: int


def rate(name: str, default: str) -> Rate:
    """`120/minute`"""
    value = text(name, default)
    calls, _, unit = value.partition("/")
    if not calls.isascii() or not calls.isdigit() or int(calls) < 1 or unit not in SECONDS:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a rate such as 120/minute, per {', '.join(SECONDS)}."
        )
    return Rate(int(calls), SECONDS[unit])


def amount(name: str, default: str) -> Decimal:
    """An amount of money, of at least nothing."""
    value = text(name, default)
    try:
        found = Decimal(value)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise ImproperlyConfigured(f"{name}={value!r} is not an amount such as 10 or 0.50.")
    return found


class TokenPrice(NamedTuple):
    """What a million tokens cost, read and written."""

    read: Decimal
    written: Decimal


def token_price(name: str) -> TokenPrice | None:
    """`0.15/0.60`; None where it is not set, which is not the same as nothing to pay."""
    value = text(name, "")
    if not value:
        return None
    read, _, written = value.partition("/")
    try:
        price = TokenPrice(Decimal(read), Decimal(written or "0"))
    except InvalidOperation:
        price = TokenPrice(Decimal("NaN"), Decimal(0))
    if not all(part.is_finite() and part >= 0 for part in price):
        raise ImproperlyConfigured(
            f"{name}={value!r} is not what a million tokens cost, read and written, such as 0.15/0.60."
        )
    return price


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list, without blanks."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def sealing_keys(name: str) -> list[str]:
    """Fernet keys, none where the variable is unset."""
    keys = words(name)
    try:
        for key in keys:
            Fernet(key)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} holds a key that is not 32 url-safe base64-encoded bytes: make one with "
            "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'."
        ) from error
    return keys


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """One of `choices`; the first of them when the variable is unset."""
    value = text(name, choices[0])
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r} is unknown: set it to one of {', '.join(choices)}.")
    return value


def folder(name: str, default: Path) -> Path:
    """An absolute folder, which is made if need be."""
    path = Path(text(name, str(default))).expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}={str(path)!r} cannot be made a folder: {error.strerror}."
        ) from error
    return path
