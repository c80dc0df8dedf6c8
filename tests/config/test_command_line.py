"""What an operator reads where a command cannot go on: a sentence, and no traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.elsewhere import shops_elsewhere
from tests.tables import ROOT

NOWHERE = {"RECOMMENDER_DATABASE_URL": "postgres://larder:x@127.0.0.1:9/larder"}


def manage(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"} | variables,
    )  # fmt: skip


def test_a_setting_that_is_wrong_is_a_sentence(tmp_path: Path) -> None:
    done = manage(tmp_path, "doctor", EMBEDDER="word3vec")
    assert done.stderr.startswith("EMBEDDER='word3vec' is unknown: set it to one of ")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(
    "command", ["catch_up_recommender", "rebuild_embeddings", "fit_behaviour", "recommender_report"]
)
def test_a_database_that_does_not_answer_is_a_sentence(tmp_path: Path, command: str) -> None:
    done = manage(tmp_path, command, **NOWHERE)
    assert done.stderr.startswith("A database does not answer: ")
    assert done.stderr.endswith(". manage.py doctor says which, and what to do.\n")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Traceback" in manage(tmp_path, command, "--traceback", **NOWHERE).stderr


@pytest.mark.processes
def test_tables_that_are_missing_are_a_sentence(tmp_path: Path) -> None:
    with shops_elsewhere(tmp_path, "shop") as (shop,):
        done = manage(shop.folder, "recommender_report", **shop.environment)
        assert done.stderr.endswith("does not exist: run manage.py migrate --database=recommender.\n")
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_tables_of_the_shop_that_are_missing_are_a_sentence(tmp_path: Path) -> None:
    done = manage(tmp_path, "expire_orders", DATABASE_URL="")
    assert done.stderr == "no such table: shop_order: run manage.py migrate.\n"
    assert done.returncode == 1


def test_a_cluster_that_is_broken_is_a_sentence_with_its_log(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("9.1\n")
    done = manage(tmp_path, "recommender_report", RECOMMENDER_DATABASE_URL="")
    assert "failed at pg_ctl:" in done.stderr
    assert f"Its log is {tmp_path / 'postgres' / 'log' / 'postgres.log'}." in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 1


def test_stopped_by_hand_it_says_how_to_go_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "reviews.json")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "import_amazon", "--reviews", tmp_path / "reviews.json"],
        cwd=ROOT, env=os.environ | {"VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"},
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with (tmp_path / "reviews.json").open("wb"):  # opens when it is being read
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate()
    assert told == "Stopped; run it again to go on.\n"
    assert process.returncode == 130
