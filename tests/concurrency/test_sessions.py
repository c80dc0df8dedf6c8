"""Requests of one session at one instant, on whichever database the shop has."""

from collections.abc import Iterator

import pytest

from tests.concurrency.attempts import Shop, a_shop

pytestmark = pytest.mark.processes

TABS = 6

A_SESSION = """
from shop.sessions import SessionStore
session = SessionStore()
session["pieces"] = 0
session.save()
print(session.session_key)
"""

# Each adds one piece, and a key of its own.
GUARDED = """
from django.db import transaction
from shop.sessions import SessionStore
session = SessionStore("{key}")
session["tab {number}"] = True
with transaction.atomic():
    session.renew()
    before = session["pieces"]
    time.sleep(0.1)
    session["pieces"] = before + 1
    session.save()
"""

# As Django does it: read, changed and stored as a whole.
UNGUARDED = """
from django.contrib.sessions.backends.db import SessionStore
session = SessionStore("{key}")
session["tab {number}"] = True
before = session["pieces"]
time.sleep(0.5)
session["pieces"] = before + 1
session.save()
"""

WHAT_IS_KEPT = """
from shop.sessions import SessionStore
kept = dict(SessionStore("{key}").items())
print(kept["pieces"], len(kept) - 1)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with a_shop(tmp_path_factory.mktemp("sessions")) as shop:
        yield shop


def kept_by_all(shop: Shop, code: str) -> str:
    """How many pieces there are, and what of how many tabs is kept."""
    key = shop.run(A_SESSION)
    shop.at_one_instant([code.format(key=key, number=number) for number in range(TABS)])
    return shop.run(WHAT_IS_KEPT.format(key=key))


def test_what_six_tabs_change_at_one_instant_is_all_kept(shop: Shop) -> None:
    assert kept_by_all(shop, GUARDED) == f"{TABS} {TABS}"


def test_control_stored_as_a_whole_only_one_of_them_is_kept(shop: Shop) -> None:
    assert kept_by_all(shop, UNGUARDED) == "1 1"
