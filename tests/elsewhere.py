"""Shops with folders and databases of their own, driven through the command line."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
SERVICE_URL = os.environ.get("DATABASE_URL", "")


@dataclass(frozen=True)
class ShopElsewhere:
    """A shop with a database of its own, driven through the command line."""

    folder: Path
    database: str

    @property
    def environment(self) -> dict[str, str]:
        named = {"VAR_DIR": str(self.folder), "SECRET_KEY": "one key for all shops"}
        if SERVICE_URL:
            named["DATABASE_URL"] = SERVICE_URL.rpartition("/")[0] + "/" + self.database
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


def server(database: str = "") -> Any:
    import MySQLdb  # noqa: PLC0415 (the service profile alone has it)

    url = urlsplit(SERVICE_URL)
    return MySQLdb.connect(
        host=url.hostname or "", port=url.port or 3306, user=url.username or "",
        password=url.password or "", database=database, charset="utf8mb4",
    )  # fmt: skip


@contextmanager
def shops_elsewhere(folder: Path, *names: str) -> Iterator[tuple[ShopElsewhere, ...]]:
    """Empty shops, their tables made; databases of a server are dropped at the end."""
    databases = [f"test_larder_{os.getpid()}_{name}" for name in names]
    if SERVICE_URL:
        with closing(server()) as connection:
            for database in databases:
                connection.cursor().execute(f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
    try:
        shops = tuple(
            ShopElsewhere(folder / name, database) for name, database in zip(names, databases, strict=True)
        )
        for shop in shops:
            shop.run("migrate", "--verbosity=0")
        yield shops
    finally:
        if SERVICE_URL:
            with closing(server()) as connection:
                for database in databases:
                    connection.cursor().execute(f"DROP DATABASE {database}")
