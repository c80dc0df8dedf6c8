"""How long a page waits for the recommender."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connections
from pytest_django import Settings

from recommender import patience
from recommender.exceptions import RecommenderUnavailable
from recommender.patience import page_patience
from recommender.shelf import Soon

pytestmark = pytest.mark.django_db(databases=["recommender"], transaction=True)

OF_OURS = pytest.mark.skipif(
    "RECOMMENDER_DATABASE_URL" in os.environ, reason="only a PostgreSQL of the shop's own can be stopped"
)


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_rests_until", 0.0)


def sleep(seconds: float) -> None:
    with connections["recommender"].cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


@contextmanager
def hanging(process: int) -> Iterator[None]:
    """It neither works nor ends, and whoever asks it waits."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def server() -> int:
    folder = Path(configured.DATABASES["recommender"]["HOST"])
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def backend() -> int:
    with connections["recommender"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@OF_OURS
def test_a_server_that_hangs_costs_one_page_its_patience_and_the_next_ones_nothing() -> None:
    with hanging(backend()), hanging(server()):
        with pytest.raises(RecommenderUnavailable), page_patience(100):
            sleep(0)
        with pytest.raises(RecommenderUnavailable), page_patience(60_000):
            pytest.fail("nobody asks while it rests")


@OF_OURS
def test_a_page_does_not_wait_for_a_connection_that_does_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    sleep(0)
    connections["recommender"].close()
    with hanging(server()), pytest.raises(RecommenderUnavailable), page_patience(100):
        sleep(0)
    monkeypatch.setattr(patience, "_rests_until", 0.0)  # five seconds later
    with page_patience(60_000):
        sleep(0)  # by the connection that was begun then


def test_a_statement_that_had_no_time_left_is_no_sign_that_the_server_hangs() -> None:
    def page() -> None:
        with page_patience(400):
            sleep(0.3)
            sleep(30)

    with pytest.raises(RecommenderUnavailable):
        page()
    with page_patience(60_000):
        sleep(0)


def test_a_statement_that_takes_too_long_is_cancelled_and_the_next_page_asks_again() -> None:
    with pytest.raises(RecommenderUnavailable), page_patience(50):
        sleep(30)
    with page_patience(60_000):
        sleep(0)


def test_no_query_begins_after_the_time_is_over() -> None:
    with page_patience(50):
        time.sleep(0.06)
        with pytest.raises(RecommenderUnavailable):
            sleep(0)


def test_the_limit_is_of_the_page_alone() -> None:
    with page_patience(60_000):
        sleep(0)
    with connections["recommender"].cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_what_is_asked_in_turns_shares_the_patience_of_one_page(settings: Settings) -> None:
    settings.RECOMMENDER_PAGE_TIMEOUT_MS = 400
    soon = Soon()
    began = time.monotonic()
    soon(lambda: sleep(0.1))
    with pytest.raises(RecommenderUnavailable):
        soon(lambda: sleep(30))
    with pytest.raises(RecommenderUnavailable):
        soon(lambda: sleep(0))
    assert time.monotonic() - began < 30
