"""Pieces of Python that start at one instant, in processes of their own, over a real database."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.tables import ROOT, SERVICE_URL, tables, url_of

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
        environment["DATABASE_URL"] = url_of(name)
    with tables(folder, name):
        yield Shop(environment)
