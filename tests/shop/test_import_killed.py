"""An import killed in the middle and run again leaves what an undisturbed one leaves."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.shop.amazon_files import a_product_line, a_review_line, written

ROOT = Path(__file__).resolve().parents[2]
REVIEWS, PRODUCTS = 30_000, 300
SERVICE_URL = os.environ.get("DATABASE_URL", "")

pytestmark = pytest.mark.processes

REVIEW_ROWS = """
    SELECT p.asin, r.author_name, r.stars, r.title, r.body, r.helpful_votes, r.is_verified_purchase,
           r.source_id, r.status, r.created_at
    FROM shop_review r JOIN shop_product p ON p.id = r.product_id ORDER BY r.source_id
"""
PRODUCT_ROWS = """
    SELECT p.asin, p.name, p.selling_price, p.on_hand, p.review_count, p.stars_total, c.name
    FROM shop_product p JOIN shop_category c ON c.id = p.category_id ORDER BY p.asin
"""


@dataclass(frozen=True)
class ShopElsewhere:
    """A shop with a database of its own, driven through the command line."""

    folder: Path
    database: str

    def command(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        environment = os.environ | {"VAR_DIR": str(self.folder), "SECRET_KEY": "one key for both shops"}
        if SERVICE_URL:
            environment["DATABASE_URL"] = SERVICE_URL.rpartition("/")[0] + "/" + self.database
        return subprocess.Popen(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
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


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[tuple[ShopElsewhere, ShopElsewhere]]:
    names = [f"test_larder_import_{os.getpid()}_{name}" for name in ("calm", "killed")]
    if SERVICE_URL:
        with closing(server()) as connection:
            for name in names:
                connection.cursor().execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        pair = [ShopElsewhere(tmp_path / name, name) for name in names]
        for shop in pair:
            shop.run("migrate", "--verbosity=0")
        yield pair[0], pair[1]
    finally:
        if SERVICE_URL:
            with closing(server()) as connection:
                for name in names:
                    connection.cursor().execute(f"DROP DATABASE {name}")


def test_an_import_killed_in_the_middle_and_run_again_loses_and_doubles_nothing(
    tmp_path: Path, shops: tuple[ShopElsewhere, ShopElsewhere]
) -> None:
    calm, killed = shops
    meta = written(
        tmp_path / "meta.json.gz", [a_product_line(asin=f"B{number}") for number in range(PRODUCTS // 2)]
    )
    reviews = written(
        tmp_path / "reviews.json.gz",
        [
            a_review_line(asin=f"B{number % PRODUCTS}", reviewText=f"Cup {number}.", overall=1 + number % 5)
            for number in range(REVIEWS)
        ],
    )
    files = ("--reviews", reviews, "--meta", meta)
    calm.run("import_amazon", *files)

    process = killed.command("import_amazon", *files)
    while process.poll() is None and killed.rows("SELECT COUNT(*) FROM shop_review") == [(0,)]:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    [(written_before,)] = killed.rows("SELECT COUNT(*) FROM shop_review")
    assert written_before % 2000 == 0  # whole batches

    printed = killed.run("import_amazon", *files)
    assert f"{REVIEWS - written_before:,} new, 0 completed, {written_before:,} unchanged" in printed
    assert killed.rows(REVIEW_ROWS) == calm.rows(REVIEW_ROWS)
    assert killed.rows(PRODUCT_ROWS) == calm.rows(PRODUCT_ROWS)
    assert len(killed.rows(REVIEW_ROWS)) == REVIEWS
