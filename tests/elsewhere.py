"""Shops with folders and databases of their own, driven through the command line."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from config.embedded_postgres.server import EmbeddedPostgres
from tests.tables import ROOT, SERVICE_URL, server, tables, url_of


@dataclass(frozen=True)
class ShopElsewhere:
    """A shop with a database of its own, driven through the command line."""

    folder: Path
    database: str

    @property
    def environment(self) -> dict[str, str]:
        named = {"VAR_DIR": str(self.folder), "SECRET_KEY": "one key for all shops"}
        if SERVICE_URL:
            named["DATABASE_URL"] = url_of(self.database)
        return os.environ | named | {"DJANGO_SETTINGS_MODULE": "config.settings"}

    def command(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        """`manage.py …`, in a session of its own."""
        return self.python("manage.py", *arguments)

    def python(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, *map(str, arguments)], cwd=ROOT, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def run(self, *arguments: str | Path) -> str:
        process = self.command(*arguments)
        printed, _ = process.communicate(timeout=300)
        assert process.returncode == 0
        return printed

    def rows(self, query: str) -> list[Any]:
        with closing(self._connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(query)
            return list(cursor.fetchall())

    def _connection(self) -> Any:
        return server(self.database) if SERVICE_URL else sqlite3.connect(self.folder / "shop.sqlite3")


def postgres_of(shop: ShopElsewhere) -> "psycopg.Connection[Any]":
    """A connection to the shop's own PostgreSQL, which commits and closes at the end of a `with`."""
    server = EmbeddedPostgres.at(shop.folder / "postgres")
    return psycopg.connect(host=str(server.socket_directory), user="postgres", dbname="postgres")


@contextmanager
def shops_elsewhere(folder: Path, *names: str) -> Iterator[tuple[ShopElsewhere, ...]]:
    """Empty shops with their tables; databases of a server are dropped at the end."""
    with ExitStack() as opened:
        shops = []
        for name in names:
            shop = ShopElsewhere(folder / name, f"test_larder_{os.getpid()}_{name}")
            opened.enter_context(tables(shop.folder, shop.database))
            shops.append(shop)
        yield tuple(shops)
