"""A worker that is killed in the middle of its work loses nothing and doubles nothing."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from config.embedded_postgres.server import EmbeddedPostgres
from tests.elsewhere import ShopElsewhere, postgres_of, shops_elsewhere
from tests.shop.demo_files import much_reviewed
from tests.tables import add_vector_tables

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        "RECOMMENDER_DATABASE_URL" in os.environ,
        reason="each shop has an embedded PostgreSQL of its own here",
    ),
]

WORKER = (
    "-m", "celery", "-A", "config.celery", "worker", "--beat", "--concurrency", "1", "--loglevel", "error",
    "--without-gossip", "--without-mingle", "--without-heartbeat",
)  # fmt: skip
REVIEWS = 600  # three turns of the worker
LABELLED = "SELECT count(*) FROM recommender_reviewentry WHERE labelled_with <> ''"
LEFT = """
    SELECT (SELECT count(*) FROM recommender_reviewentry WHERE labelled_with = '')
         + (SELECT count(*) FROM recommender_productentry WHERE revision > published_revision)
"""
CONCLUDED = (
    "SELECT review_id, label_id, partner_id, model_version FROM recommender_reviewlabel ORDER BY 1, 2",
    "SELECT product_id, medoid_id, members, polarity, count, rank FROM recommender_tagcluster ORDER BY 1, 2",
    "SELECT text, polarity, product_count FROM recommender_label ORDER BY 1",
)
SHOWN = (
    "SELECT product_id, label, polarity, count FROM shop_producttag ORDER BY product_id, label",
    """SELECT t.product_id, t.label, m.review_id
       FROM shop_tagmention m JOIN shop_producttag t ON t.id = m.tag_id
       ORDER BY t.product_id, t.label, m.review_id""",
)


def vectors(shop: ShopElsewhere, query: str) -> list[Any]:
    """Rows of the shop's recommender."""
    with postgres_of(shop) as connection:
        return connection.execute(query).fetchall()


def wait_until(holds: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def kill(worker: "subprocess.Popen[str]") -> None:
    """The worker and its pool at one blow, as a machine that loses its power would."""
    pool = psutil.Process(worker.pid).children(recursive=True)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(timeout=10)
    psutil.wait_procs(pool, timeout=10)  # until they are gone they use the database's folder


def test_a_worker_killed_while_it_labels_ends_like_one_that_was_not(tmp_path: Path) -> None:
    with shops_elsewhere(tmp_path, "undisturbed", "killed") as (undisturbed, killed):
        demo = much_reviewed(tmp_path / "demo", REVIEWS)
        for shop in (undisturbed, killed):
            add_vector_tables(shop.folder)
            shop.run("load_demo", "--folder", demo)
        undisturbed.run("catch_up_recommender")
        keeper = EmbeddedPostgres.at(killed.folder / "postgres")
        other = EmbeddedPostgres.at(undisturbed.folder / "postgres")
        keeper.start()
        other.start()
        try:
            worker = killed.python(*WORKER)
            wait_until(lambda: vectors(killed, LABELLED) > [(0,)])
            kill(worker)
            [(before,)] = vectors(killed, LABELLED)
            assert 0 < before < REVIEWS

            worker = killed.python(*WORKER)
            wait_until(lambda: vectors(killed, LABELLED) == [(REVIEWS,)] and vectors(killed, LEFT) == [(0,)])
            kill(worker)
            for query in CONCLUDED:
                assert vectors(killed, query) == vectors(undisturbed, query)
            for query in SHOWN:
                assert killed.rows(query) == undisturbed.rows(query)
        finally:
            keeper.leave()
            other.leave()
