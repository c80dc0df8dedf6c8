"""Redis or PostgreSQL goes away under a worker and comes back: it goes on by itself, and nothing is lost."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from config.embedded_postgres.server import EmbeddedPostgres
from tests.elsewhere import ShopElsewhere, shops_elsewhere
from tests.journeys.conftest import free_port
from tests.profiles import answers
from tests.recommender.test_worker_killed import LABELLED, LEFT, WORKER, kill, vectors, wait_until
from tests.shop.demo_files import a_demo, a_product, a_review, much_reviewed
from tests.tables import add_vector_tables

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        "RECOMMENDER_DATABASE_URL" in os.environ,
        reason="each shop has an embedded PostgreSQL of its own here",
    ),
]

REVIEWS = 30
TURNS = 3.0  # seconds, in which the worker finds several times that nobody answers


@pytest.mark.skipif(
    not (os.environ.get("CELERY_BROKER_URL", "").startswith("redis") and shutil.which("redis-server")),
    reason="needs the service profile and a redis-server to stop",
)
def test_a_worker_whose_redis_was_gone_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("CELERY_BROKER_URL", f"redis://127.0.0.1:{port}/0")
    redis = redis_at(port, tmp_path)
    with a_shop_with_a_worker(tmp_path) as (shop, worker):
        redis.kill()
        redis.wait()
        one_more_review(shop)
        time.sleep(TURNS)
        assert vectors(shop, LABELLED) == [(REVIEWS,)]
        redis = redis_at(port, tmp_path)
        wait_until_read(shop, REVIEWS + 1)
        assert worker.poll() is None
    redis.kill()
    redis.wait()


@pytest.mark.once
def test_a_worker_whose_postgresql_was_gone_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = EmbeddedPostgres.at(tmp_path / "shop" / "postgres")
    address = quote(str(keeper.socket_directory), safe="")
    monkeypatch.setenv("RECOMMENDER_DATABASE_URL", f"postgres://postgres@{address}:5432/postgres")
    with a_shop_with_a_worker(tmp_path) as (shop, worker):
        break_down(keeper)
        one_more_review(shop)
        time.sleep(TURNS)
        assert not keeper.is_running
        keeper.start()
        wait_until_read(shop, REVIEWS + 1)
        assert worker.poll() is None


@pytest.mark.once
def test_a_worker_starts_its_own_postgresql_again(tmp_path: Path) -> None:
    with a_shop_with_a_worker(tmp_path) as (shop, worker):
        break_down(EmbeddedPostgres.at(shop.folder / "postgres"))
        one_more_review(shop)
        wait_until(lambda: EmbeddedPostgres.at(shop.folder / "postgres").is_running)
        wait_until_read(shop, REVIEWS + 1)
        assert worker.poll() is None


@contextmanager
def a_shop_with_a_worker(folder: Path) -> Iterator[tuple[ShopElsewhere, "subprocess.Popen[str]"]]:
    """Its worker has read REVIEWS reviews."""
    with shops_elsewhere(folder, "shop") as (shop,):
        add_vector_tables(shop.folder)
        shop.run("load_demo", "--folder", much_reviewed(folder / "demo", REVIEWS))
        keeper = EmbeddedPostgres.at(shop.folder / "postgres")
        keeper.start()
        worker = shop.python(*WORKER)
        try:
            wait_until_read(shop, REVIEWS)
            yield shop, worker
        finally:
            kill(worker)
            keeper.leave()


def one_more_review(shop: ShopElsewhere) -> None:
    demo = a_demo(shop.folder / "more", a_product("kombucha"), reviews=(a_review("kombucha"),))
    shop.run("load_demo", "--folder", demo)


def wait_until_read(shop: ShopElsewhere, count: int) -> None:
    wait_until(lambda: vectors(shop, LABELLED) == [(count,)] and vectors(shop, LEFT) == [(0,)])


def break_down(keeper: EmbeddedPostgres) -> None:
    """At once, as in a crash: no connection is told."""
    os.kill(int((keeper.data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
    wait_until(lambda: not keeper.is_running)


def redis_at(port: int, folder: Path) -> "subprocess.Popen[bytes]":
    arguments = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder))
    server = subprocess.Popen(["redis-server", *arguments], stdout=subprocess.DEVNULL)
    wait_until(lambda: answers("127.0.0.1", port))
    return server
