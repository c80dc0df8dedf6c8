"""Calls of the API at two processes: both count in one place."""

from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection

from tests.concurrency.conftest import Servers, at_once, open_servers

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

CALLS = 20
FIVE_A_DAY = {"API_RATE_GUEST": "5/day"}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Servers]:
    """A shop of two processes where a guest may call five times a day; none has called yet."""
    if connection.vendor != "mysql":
        pytest.skip("two processes share the service profile's cache: Redis")
    servers = open_servers(tmp_path, TEST_CACHE_PREFIX=f"test-{uuid4()}", **FIVE_A_DAY)
    yield servers
    servers.close()


def called(port: int) -> int:
    line = HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", "/api/v1/categories/")
    status = line.getresponse().status
    line.close()
    return status


def test_five_calls_are_answered_wherever_they_arrive(opened: Servers) -> None:
    assert all_called(*opened.ports) == [200] * 5 + [429] * (CALLS - 5)


def test_control_where_each_process_counts_for_itself_ten_are(opened: Servers, tmp_path: Path) -> None:
    apart = open_servers(tmp_path, TEST_CACHE_PREFIX=f"test-{uuid4()}", **FIVE_A_DAY)
    given = all_called(opened.ports[0], apart.ports[0])
    apart.close()
    assert given == [200] * 10 + [429] * (CALLS - 10)


def all_called(*ports: int) -> list[int]:
    """The answers to all calls, sent at one instant to the ports in turn."""
    return sorted(at_once([partial(called, ports[number % 2]) for number in range(CALLS)]))
