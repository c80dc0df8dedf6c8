"""How long a page waits for the recommender."""

import time

import pytest
from django.db import connections
from pytest_django import Settings

from recommender import patience
from recommender.exceptions import RecommenderUnavailable
from recommender.patience import page_patience
from recommender.shelf import Soon

pytestmark = pytest.mark.django_db(databases=["recommender"], transaction=True)


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_rests_until", 0.0)


def sleep(seconds: float) -> None:
    with connections["recommender"].cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


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
