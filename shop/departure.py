"""What keeps an account open, and what else ends with it.

Other apps add theirs from `AppConfig.ready`: the shop knows none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from shop.models import Customer


@dataclass(frozen=True, slots=True)
class Tie:
    """`holds` says why the account cannot be closed yet, if it cannot; `cut` ends the rest with it.

    Both run in the transaction that closes the account, which holds the customer's lock.
    """

    holds: Callable[[Customer], str | Promise | None]
    cut: Callable[[Customer], None]


_ties: list[Tie] = []


def register(tie: Tie) -> None:
    _ties.append(tie)


def ties() -> tuple[Tie, ...]:
    return tuple(_ties)
