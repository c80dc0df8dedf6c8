"""How often a program may call."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from config.env import Rate
from shop.api import throttling
from shop.models import Customer
from tests.shop.api.calls import Program
from tests.shop.builders import a_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


class Clock:
    """Half a minute past a full one."""

    now = 1_800_000_030.0

    def time(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Three calls a minute for a guest, five for a customer; nobody has called yet."""
    settings.API_RATE_GUEST, settings.API_RATE_CUSTOMER = Rate(3, 60), Rate(5, 60)
    fresh = {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid4()}"}
    settings.CACHES = {"default": fresh}
    clock = Clock()
    monkeypatch.setattr(throttling, "time", clock)
    return clock


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


def answers(program: Program, calls: int) -> list[int]:
    return [program.client.get("/api/v1/categories/").status_code for _ in range(calls)]


def test_a_guest_who_calls_too_often_is_told_when_to_call_again() -> None:
    assert answers(Program(), 4) == [200, 200, 200, 429]
    response = Program().client.get("/api/v1/products/")
    assert response["Retry-After"] == "30"
    assert response.json() == {
        "code": "throttled",
        "detail": "Too many calls. Try again in 30 seconds.",
        "seconds": 30,
    }


def test_the_next_minute_counts_anew(clock: Clock) -> None:
    assert answers(Program(), 4) == [200, 200, 200, 429]
    clock.now += 30
    assert answers(Program(), 4) == [200, 200, 200, 429]


def test_a_customer_has_a_rate_of_their_own_whatever_token_they_show(alice: Customer) -> None:
    assert answers(Program(alice), 3) + answers(Program(alice), 3) == [200, 200, 200, 200, 200, 429]
    assert answers(Program(a_customer("bob")), 1) == [200]
    assert answers(Program(), 1) == [200]


def test_guests_are_told_apart_by_their_address() -> None:
    assert answers(Program(REMOTE_ADDR="192.0.2.1"), 4) == [200, 200, 200, 429]
    assert answers(Program(REMOTE_ADDR="192.0.2.2"), 1) == [200]


def test_logging_in_counts_too() -> None:
    answers(Program(), 3)
    assert Program().post("token/", 429, login_name="alice", password="x")["code"] == "throttled"


class Down:
    def add(self, *arguments: Any, **options: Any) -> None:
        raise ConnectionError("no cache")


def test_a_cache_that_is_down_closes_no_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "cache", Down())
    assert answers(Program(), 4) == [200, 200, 200, 200]
