"""Pieces of Python that start at one instant, in processes of their own, over a real database."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
SERVICE_URL = os.environ.get("DATABASE_URL", "")

START = """
import sys, time, django
django.setup()
from shop.models import Customer
Customer.objects.exists()  # connects
print("ready", flush=True)
time.sleep(max(0, float(sys.stdin.readline()) - time.time()))
"""


@dataclass(frozen=True)
class Shop:
    """An empty shop with a database of its own."""

    environment: dict[str, str]

    def run(self, code: str) -> str:
        """What `code` prints."""
        return self._process("import django; django.setup()\n" + code).communicate(timeout=60)[0].strip()

    def at_one_instant(self, codes: Sequence[str]) -> list[str]:
        """What each of `codes` prints, all having begun together; in alphabetical order."""
        processes = [self._process(START + code) for code in codes]
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        start = time.time() + 0.3
        for process in processes:
            assert process.stdin
            process.stdin.write(f"{start}\n")
            process.stdin.flush()
        return sorted(process.communicate(timeout=60)[0].strip() for process in processes)

    def _process(self, code: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT, env=self.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip


@contextmanager
def a_shop(folder: Path) -> Iterator[Shop]:
    environment = os.environ | {
        "VAR_DIR": str(folder),
        "SECRET_KEY": "one key for all processes",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    name = f"test_larder_{folder.name}_{os.getpid()}"
    if SERVICE_URL:
        environment["DATABASE_URL"] = SERVICE_URL.rpartition("/")[0] + "/" + name
        ask_server(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=environment, check=True
        )
        yield Shop(environment)
    finally:
        if SERVICE_URL:
            ask_server(f"DROP DATABASE {name}")


def ask_server(statement: str) -> None:
    import MySQLdb  # noqa: PLC0415 (the service profile alone has it)

    url = urlsplit(SERVICE_URL)
    connection: Any = MySQLdb.connect(
        host=url.hostname or "", port=url.port or 3306, user=url.username or "", password=url.password or ""
    )
    with closing(connection):
        connection.cursor().execute(statement)
