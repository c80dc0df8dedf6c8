"""What a process keeps in mind for a moment, so that not every page asks for it anew.

Only what may be some seconds old: which departments there are, which products stand in a list and how many
a facet's choice has, what stands on the home page, how much there is to do for staff. A price, a stock or a
cart is never among it where somebody buys.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar, cast

from django.core.cache import caches

T = TypeVar("T")

HOME_SECONDS = 10
LIST_SECONDS = 30


def remembered(what: str, of: object, seconds: int, ask: Callable[[], T]) -> T:
    """What `ask` returned the last time for `what` of `of`, unless that was longer ago than `seconds`.

    It is copied: who changes it changes nobody else's. `of` is known by its repr.
    """
    key = sha256(f"{what} {of!r}".encode()).hexdigest()
    return cast("T", caches["process"].get_or_set(key, ask, seconds))
