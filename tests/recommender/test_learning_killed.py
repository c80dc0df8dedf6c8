"""Who learns from behaviour may be killed at any moment: nothing is lost, and the next run completes."""

import os
import signal
from pathlib import Path

import pytest

from recommender import weights
from tests.elsewhere import ShopElsewhere, shops_elsewhere
from tests.tables import add_vector_tables

pytestmark = [
    pytest.mark.processes,
    pytest.mark.once,
    pytest.mark.skipif(
        "RECOMMENDER_DATABASE_URL" in os.environ,
        reason="each shop has an embedded PostgreSQL of its own here",
    ),
]

# Learns, and kills its own process where `moment` is reached.
LEARNING = """
import os, signal, sys, django
django.setup()
from recommender import interactions, learning, neighbours, weights

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def die_in_the_middle(tensors, path, metadata):
    path.write_bytes(b"half of a file")
    die()

moment = sys.argv[1]
if moment == "reading":
    interactions.FeedCursor.objects.update_or_create = die
if moment == "fitting":
    neighbours.fitted = die
if moment == "writing":
    weights.save_file = die_in_the_middle
learning.learn(at_once=True)
"""


def learn(shop: ShopElsewhere, moment: str) -> int:
    process = shop.python("-c", LEARNING, moment)
    process.communicate(timeout=120)
    return process.returncode


def test_a_kill_loses_nothing_and_the_next_run_completes(tmp_path: Path) -> None:
    with shops_elsewhere(tmp_path, "undisturbed", "killed") as shops:
        for shop in shops:
            add_vector_tables(shop.folder)
            shop.run("load_demo")
        undisturbed, killed = shops
        undisturbed.run("fit_behaviour")
        codes = [learn(killed, moment) for moment in ("reading", "fitting", "writing")]
        assert codes == [-signal.SIGKILL] * 3
        assert weights.versions(killed.folder / "behaviour") == []
        assert learn(killed, "never") == 0
        [expected] = weights.versions(undisturbed.folder / "behaviour")
        [found] = sorted((killed.folder / "behaviour").iterdir())  # nothing is left of what was broken off
        one, other = weights.read(expected), weights.read(found)
        assert one.product_ids.tolist() == other.product_ids.tolist()
        assert one.fitted.interactions == other.fitted.interactions > 0
        assert one.support.tolist() == other.support.tolist()
        assert one.values.tolist() == other.values.tolist()
