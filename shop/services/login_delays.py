"""The growing delay between logins that fail, and between mails to who forgot a password.

An attempt is claimed before its password is checked: it counts as failed until it is forgiven. So
attempts sent at the same instant wait for each other, whichever process they reach.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from shop.exceptions import LoginDelayed
from shop.models import Customer, LoginDelay

LONGEST = timedelta(minutes=5)
FORGOTTEN_AFTER = timedelta(hours=1)  # without a failure
KEPT = timedelta(days=1)
FREE_FOR_A_NAME = 3
FREE_FOR_A_MAILBOX = 3
FREE_FOR_AN_ADDRESS = 20  # a household or an office shares one
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    name_key: str
    address_key: str


def claim_login_attempt(*, login_name: str, address: str) -> LoginAttempt:
    """Count an attempt to log in as failed, for now. Raises LoginDelayed before its time has come."""
    attempt = LoginAttempt(_key("name", _folded(login_name)), _key("address", _network(address)))
    _claim({attempt.name_key: FREE_FOR_A_NAME, attempt.address_key: FREE_FOR_AN_ADDRESS})
    return attempt


def claim_reset_mail(*, email: str, address: str) -> None:
    """Count a request for a mail to `email`, whoever has it. Raises LoginDelayed before its time has come."""
    mailbox, sender = _key("mailbox", email.strip().lower()), _key("reset-address", _network(address))
    _claim({mailbox: FREE_FOR_A_MAILBOX, sender: FREE_FOR_AN_ADDRESS})


def claim_registration(*, address: str) -> None:
    """Count an account opened from `address`. Raises LoginDelayed before its time has come."""
    _claim({_key("registration", _network(address)): FREE_FOR_AN_ADDRESS})


def forgive_login_attempt(attempt: LoginAttempt) -> None:
    """The password was right: the name starts anew, the address gets this one attempt back.

    Only the one: somebody with an account could otherwise wipe out the failures of a long guessing.
    """
    now = timezone.now()
    LoginDelay.objects.filter(key=attempt.name_key).update(failures=0, next_at=now)
    LoginDelay.objects.filter(key=attempt.address_key, failures__gt=0).update(
        failures=F("failures") - 1, next_at=now
    )


def forget_login_delays() -> int:
    """Delete what has not failed for a day. An attempt that is claimed just then goes uncounted."""
    old = LoginDelay.objects.filter(changed_at__lt=timezone.now() - KEPT)
    forgotten = 0
    while keys := list(old.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        forgotten += old.filter(pk__in=keys).delete()[0]
    return forgotten


def _claim(free: dict[str, int]) -> None:
    """Count a failure for each key, of which so many are free; count none if one of them must wait."""
    # Outside the transaction and one by one: an ignored duplicate holds a shared lock on the gap beside it
    # until its statement or transaction ends, and two that hold one keep each other from the next insert.
    started_at = timezone.now()
    for key in free:
        LoginDelay.objects.bulk_create(
            [LoginDelay(key=key, next_at=started_at, changed_at=started_at)], ignore_conflicts=True
        )
    with transaction.atomic():
        delays = _locked_delays(free)
        now = timezone.now()
        wait = max(delay.next_at for delay in delays) - now
        if wait > timedelta(0):
            raise LoginDelayed(-(-wait // timedelta(seconds=1)))
        for delay in delays:
            _count_failure(delay, free[delay.key], now)


def _count_failure(delay: LoginDelay, free: int, now: datetime) -> None:
    if now - delay.changed_at > FORGOTTEN_AFTER:
        delay.failures = 0
    delay.failures += 1
    delay.next_at = now + _delay_after(delay.failures - free)
    delay.changed_at = now
    delay.save(update_fields=("failures", "next_at", "changed_at"))


def _delay_after(failures: int) -> timedelta:
    """1, 2, 4, … seconds after the first, second, third failure that is not free."""
    if failures < 1:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - 1, 20)), LONGEST)


def _locked_delays(keys: Collection[str]) -> list[LoginDelay]:
    """One by one in the order of the keys: a search for both may lock rows that are others' on its way."""
    return [LoginDelay.objects.select_for_update().get(key=key) for key in sorted(keys)]


def _folded(login_name: str) -> str:
    """MySQL finds Alice by "alice" too: both wait together."""
    return Customer.normalize_username(login_name).casefold()


def _network(address: str) -> str:
    """One household has one IPv4 address, or a whole /64 of IPv6 ones."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(int(parsed) >> 64) if isinstance(parsed, IPv6Address) else str(parsed)


def _key(kind: str, value: str) -> str:
    return salted_hmac(f"shop.login-delays.{kind}", value, algorithm="sha256").hexdigest()
