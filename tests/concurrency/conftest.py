"""Two web processes over the real database, and shoppers who press at the same moment."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar
from urllib.parse import urlencode

import dj_database_url
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, connections

from shop.models import Customer
from tests.journeys.conftest import ROOT, answers, free_port

CSRF = "a" * 32
THREADS = 12
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    body: str


@dataclass(frozen=True)
class Browser:
    """Somebody's, with a session and a form token; it is served by one of the processes."""

    port: int
    session_key: str = ""

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, "")

    def post(self, path: str, **fields: object) -> Answer:
        return self._ask("POST", path, urlencode({**fields, "csrfmiddlewaretoken": CSRF}, doseq=True))

    def _ask(self, method: str, path: str, body: str) -> Answer:
        line = HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {
            "Cookie": f"sessionid={self.session_key}; csrftoken={CSRF}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept-Language": "en",
        }
        line.request(method, path, body, headers)
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return Answer(answer.status, answer.getheader("Location", ""), text)


@dataclass(frozen=True)
class Servers:
    """Two processes of one shop."""

    ports: tuple[int, int]
    processes: tuple["subprocess.Popen[bytes]", "subprocess.Popen[bytes]"]

    def browser(self, customer: Customer | None = None, number: int = 0) -> Browser:
        """Logged in, at the process that `number` falls to."""
        return Browser(self.ports[number % 2], session_of(customer) if customer else "")

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


Open = Callable[..., Servers]


def session_of(customer: Customer) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(customer.pk)
    session[BACKEND_SESSION_KEY] = "shop.accounts.Accounts"
    session[HASH_SESSION_KEY] = customer.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def environment(**variables: str) -> dict[str, str]:
    """For a process that shares the test's database and secret key."""
    parts = dj_database_url.parse(os.environ["DATABASE_URL"])
    address = os.environ["DATABASE_URL"].removesuffix(str(parts["NAME"]))
    ours = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"{address}{connection.settings_dict['NAME']}",
        "VAR_DIR": str(settings.VAR_DIR),
    }
    return os.environ | ours | variables


def start(var_dir: Path, **variables: str) -> tuple[int, "subprocess.Popen[bytes]"]:
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "tests.concurrency.wsgi", "--bind", f"127.0.0.1:{port}",
        "--threads", str(THREADS), "--log-level", "error", "--no-control-socket",
    ]  # fmt: skip
    with (var_dir / f"web-{port}.txt").open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(**variables), stdout=output, stderr=output
        )
    return port, process


def open_servers(var_dir: Path, **variables: str) -> Servers:
    (first, one), (second, other) = start(var_dir, **variables), start(var_dir, **variables)
    deadline = time.monotonic() + 60
    while not all(answers(f"http://127.0.0.1:{port}") for port in (first, second)):
        assert time.monotonic() < deadline, "the servers did not start"
        time.sleep(0.1)
    return Servers((first, second), (one, other))


@pytest.fixture(scope="session")
def shared_servers(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    if connection.vendor != "mysql":
        pytest.skip("races need a database that several processes write at once: MySQL or MariaDB")
    opened = open_servers(tmp_path_factory.mktemp("servers"))
    yield opened
    opened.close()


@pytest.fixture
def servers(transactional_db: None, shared_servers: Servers) -> Servers:
    """The shop as it is."""
    return shared_servers


@pytest.fixture
def open_without(
    transactional_db: None, shared_servers: Servers, tmp_path: Path
) -> Iterator[Callable[[str], Servers]]:
    """The shop without one of its guards, for a control."""
    opened: list[Servers] = []

    def without(guard: str) -> Servers:
        opened.append(open_servers(tmp_path, WITHOUT_GUARD=guard))
        return opened[-1]

    yield without
    for servers in opened:
        servers.close()


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What each call returns, all begun at the same moment."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        barrier.wait()
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def statuses(answers_given: Sequence[Any]) -> list[int]:
    return sorted(answer.status for answer in answers_given)
