"""Shops' tables, made once in a test run: each shop with databases of its own has a copy of them.

To migrate takes seconds of a processor for each database, and some twenty shops are opened.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
SERVICE_URL = os.environ.get("DATABASE_URL", "")
MODEL = f"test_larder_{os.getpid()}_tables"


@contextmanager
def tables(folder: Path, database: str) -> Iterator[None]:
    """The shop's, in `folder` or in a database of the server, which is dropped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    if not SERVICE_URL:
        shutil.copy(model() / "shop.sqlite3", folder)
        yield
        return
    model()
    ask_server(f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
    try:
        copy_tables(MODEL, database)
        yield
    finally:
        ask_server(f"DROP DATABASE {database}")


def add_vector_tables(folder: Path) -> None:
    """The recommender's, in a PostgreSQL of the shop's own that is not running yet."""
    (folder / "postgres").mkdir(parents=True, exist_ok=True)
    # Not with shutil: the files belong to the user that root lets the server run as.
    subprocess.run(["cp", "-a", vector_model() / "postgres" / "data", folder / "postgres"], check=True)


@cache
def model() -> Path:
    """The folder of a shop whose tables were migrated; on a server its database is MODEL."""
    folder = Path(tempfile.mkdtemp(prefix="larder-tables-"))
    atexit.register(shutil.rmtree, folder)
    if SERVICE_URL:
        ask_server(f"CREATE DATABASE {MODEL} CHARACTER SET utf8mb4")
        atexit.register(ask_server, f"DROP DATABASE {MODEL}")
    migrate(folder)
    return folder


@cache
def vector_model() -> Path:
    folder = model()
    migrate(folder, "--database=recommender")
    return folder


def migrate(folder: Path, *arguments: str) -> None:
    named = {"VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
    if SERVICE_URL:
        named["DATABASE_URL"] = url_of(MODEL)
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0", *arguments]
    others = {name: value for name, value in os.environ.items() if name != "RECOMMENDER_DATABASE_URL"}
    subprocess.run(command, cwd=ROOT, env=others | named, check=True)


def url_of(database: str) -> str:
    return SERVICE_URL.rpartition("/")[0] + "/" + database


def copy_tables(source: str, target: str) -> None:
    """With their keys, constraints and the rows that migrations wrote."""
    with closing(server(target)) as connection, connection.cursor() as cursor:
        cursor.execute("SET foreign_key_checks = 0")
        cursor.execute(f"SHOW TABLES FROM {source}")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SHOW CREATE TABLE {source}.{table}")
            [(_, statement)] = cursor.fetchall()
            cursor.execute(statement)
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {source}.{table}")  # noqa: S608 (our names)
        connection.commit()


def server(database: str = "") -> Any:
    import MySQLdb  # noqa: PLC0415 (the service profile alone has it)

    url = urlsplit(SERVICE_URL)
    return MySQLdb.connect(
        host=url.hostname or "", port=url.port or 3306, user=url.username or "",
        password=url.password or "", database=database, charset="utf8mb4",
    )  # fmt: skip


def ask_server(statement: str) -> None:
    with closing(server()) as connection:
        connection.cursor().execute(statement)
