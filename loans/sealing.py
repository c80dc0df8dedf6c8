"""Incomes and obligations, encrypted under keys that are kept outside the database.

Fernet (AES-128 in CBC mode, HMAC-SHA256) of the library `cryptography`. The first of the keys seals; all of
them open, so that a key is replaced by putting a new one in front. What is sealed names the row it belongs
to: copied to another row it does not open there.
"""

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from loans.exceptions import Unsealable


def seal(row: str, value: dict[str, Any]) -> str:
    page = json.dumps({"row": row, "value": value}, sort_keys=True)
    return _keys().encrypt(page.encode()).decode()


def unseal(row: str, sealed: str) -> dict[str, Any]:
    """Raises Unsealable."""
    try:
        page = json.loads(_keys().decrypt(sealed.encode()))
    except InvalidToken:
        raise Unsealable("no key opens it") from None
    if page["row"] != row:
        raise Unsealable("it belongs to another row")
    value: dict[str, Any] = page["value"]
    return value


def sealed_anew(sealed: str) -> str:
    """The same, under the first of the keys. Raises Unsealable."""
    try:
        return _keys().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise Unsealable("no key opens it") from None


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.LOAN_KEYS])
