"""Attempts to log in that arrive at one instant, in processes of their own, over a real database."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICE_URL = os.environ.get("DATABASE_URL", "")
PROCESSES = 6
FREE = 4  # three failures cost nothing; the fourth is the first that makes the next one wait

pytestmark = pytest.mark.processes

ATTEMPT = """
import sys, time, django
django.setup()
from django.utils import timezone
from shop.exceptions import LoginDelayed
from shop.models import LoginDelay
from shop.services import login_delays
attempt = dict(login_name="alice", address="192.0.2." + sys.argv[1])

def guarded():
    try:
        login_delays.claim_login_attempt(**attempt)
    except LoginDelayed:
        return "waits"
    return "tried"

def unguarded():
    "Look, check the password, then count: as one does without a claim."
    looked = LoginDelay.objects.get(key="unguarded")
    if looked.next_at > timezone.now():
        return "waits"
    time.sleep(0.3)
    failures = looked.failures + 1
    delay = login_delays._delay_after(failures - login_delays.FREE_FOR_A_NAME)
    LoginDelay.objects.filter(pk=looked.pk).update(failures=failures, next_at=timezone.now() + delay)
    return "tried"

LoginDelay.objects.exists()  # connects
print("ready", flush=True)
time.sleep(max(0, float(sys.stdin.readline()) - time.time()))
print({"guarded": guarded, "unguarded": unguarded}[sys.argv[2]]())
"""


THREE_FAILURES = """
from django.utils import timezone
from shop.models import LoginDelay
now = timezone.now()
LoginDelay.objects.create(key="unguarded", failures=3, next_at=now, changed_at=now)
"""


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a shop with an empty database of its own."""
    environment = os.environ | {
        "VAR_DIR": str(tmp_path_factory.mktemp("shop")),
        "SECRET_KEY": "one key for all processes",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    name = f"test_larder_login_{os.getpid()}"
    if SERVICE_URL:
        environment["DATABASE_URL"] = SERVICE_URL.rpartition("/")[0] + "/" + name
        ask_server(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        manage(environment, "migrate", "--verbosity=0")
        yield environment
    finally:
        if SERVICE_URL:
            ask_server(f"DROP DATABASE {name}")


def manage(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True)


def ask_server(statement: str) -> None:
    import MySQLdb  # noqa: PLC0415 (the service profile alone has it)

    url = urlsplit(SERVICE_URL)
    connection: Any = MySQLdb.connect(
        host=url.hostname or "", port=url.port or 3306, user=url.username or "", password=url.password or ""
    )
    with closing(connection):
        connection.cursor().execute(statement)


def outcomes(variables: dict[str, str], how: str) -> list[str]:
    """What each of the processes was told, all having started at the same instant."""
    processes = [attempt(variables, number, how) for number in range(PROCESSES)]
    start = time.time() + 0.3
    for process in processes:
        assert process.stdin
        process.stdin.write(f"{start}\n")
        process.stdin.flush()
    return sorted(process.communicate(timeout=60)[0].strip() for process in processes)


def attempt(variables: dict[str, str], number: int, how: str) -> "subprocess.Popen[str]":
    """A process that is ready to try."""
    process = subprocess.Popen(
        [sys.executable, "-c", ATTEMPT, str(number), how],
        cwd=ROOT, env=variables, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_of_six_attempts_at_one_instant_four_are_tried_and_two_wait(variables: dict[str, str]) -> None:
    assert outcomes(variables, "guarded") == ["tried"] * FREE + ["waits"] * (PROCESSES - FREE)


def test_control_without_the_claim_all_six_passwords_are_tried(variables: dict[str, str]) -> None:
    manage(variables, "shell", "--verbosity=0", "-c", THREE_FAILURES)
    assert outcomes(variables, "unguarded") == ["tried"] * PROCESSES
