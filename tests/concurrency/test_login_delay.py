"""Attempts to log in that arrive at one instant."""

from collections.abc import Iterator

import pytest

from tests.concurrency.attempts import Shop, a_shop

ATTEMPTS = 6
TRIED = 4  # three failures cost nothing; the fourth is the first that makes the next one wait

pytestmark = pytest.mark.processes

GUARDED = """
from shop.exceptions import LoginDelayed
from shop.services.login_delays import claim_login_attempt
try:
    claim_login_attempt(login_name="alice", address="192.0.2.{number}")
    print("tried")
except LoginDelayed:
    print("waits")
"""

# Look, check the password, then count: as one does without a claim.
UNGUARDED = """
from datetime import timedelta
from django.utils import timezone
from shop.models import LoginDelay
looked = LoginDelay.objects.get(key="unguarded")
if looked.next_at > timezone.now():
    print("waits")
else:
    time.sleep(0.5)
    in_a_second = timezone.now() + timedelta(seconds=1)
    LoginDelay.objects.filter(pk=looked.pk).update(failures=looked.failures + 1, next_at=in_a_second)
    print("tried")
"""

THREE_FAILURES = """
from django.utils import timezone
from shop.models import LoginDelay
now = timezone.now()
LoginDelay.objects.create(key="unguarded", failures=3, next_at=now, changed_at=now)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with a_shop(tmp_path_factory.mktemp("login")) as shop:
        yield shop


def test_of_six_attempts_at_one_instant_four_are_tried_and_two_wait(shop: Shop) -> None:
    codes = [GUARDED.format(number=number) for number in range(ATTEMPTS)]
    assert shop.at_one_instant(codes) == ["tried"] * TRIED + ["waits"] * (ATTEMPTS - TRIED)


def test_control_without_the_claim_all_six_passwords_are_tried(shop: Shop) -> None:
    shop.run(THREE_FAILURES)
    assert shop.at_one_instant([UNGUARDED] * ATTEMPTS) == ["tried"] * ATTEMPTS
