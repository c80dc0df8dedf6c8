"""Pieces of Python that start at one instant, in processes of their own, over a real database."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.tables import ROOT, SERVICE_URL, tables, url_of


@dataclass(frozen=True)
class Shop:
    """An empty shop with a database of its own."""

    environment: dict[str, str]

    def run(self, code: str) -> str:
        """What `code` prints."""
        return self._said_by("-c", "import django; django.setup()\n" + code)

    def at_one_instant(self, codes: Sequence[str]) -> list[str]:
        """What each of `codes` prints, all having begun together; in alphabetical order."""
        return sorted(json.loads(self._said_by("-m", "tests.concurrency.forked", told=json.dumps(codes))))

    def _said_by(self, *arguments: str, told: str = "") -> str:
        return subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, text=True, input=told,
            stdout=subprocess.PIPE, check=True, timeout=120,
        ).stdout.strip()  # fmt: skip


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
