"""What is kept for a stated time, and then no longer."""

from dataclasses import dataclass

from django.core.management import call_command

from shop.services.closing import forget_receivers
from shop.services.history import forget_old_views
from shop.services.idempotency import forget_idempotency_keys
from shop.services.login_delays import forget_login_delays
from shop.services.tokens import forget_expired_tokens


@dataclass(frozen=True, slots=True)
class Forgotten:
    views: int
    login_delays: int
    tokens: int
    idempotency_keys: int
    receivers: int


def forget_old_data() -> Forgotten:
    """Old views, delays and keys, expired tokens and sessions, receivers who are gone; safe to run again."""
    forgotten = Forgotten(
        views=forget_old_views(),
        login_delays=forget_login_delays(),
        tokens=forget_expired_tokens(),
        idempotency_keys=forget_idempotency_keys(),
        receivers=forget_receivers(),
    )
    call_command("clearsessions")
    return forgotten
