"""A run that labels pairs, killed at any moment and run again, loses nothing and pays for nothing twice."""

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from config.embedded_postgres.server import EmbeddedPostgres
from tests.chat_server import KEY, Body, ChatServer, Event, Wait, WaitFor, running
from tests.elsewhere import ShopElsewhere, postgres_of, shops_elsewhere
from tests.recommender.test_training_labels import PRODUCTS, a_file, labels
from tests.tables import add_vector_tables

pytestmark = [
    pytest.mark.processes,
    pytest.mark.once,
    pytest.mark.skipif(
        "RECOMMENDER_DATABASE_URL" in os.environ, reason="the shop has an embedded PostgreSQL of its own here"
    ),
]

SPENT = "SELECT sum(spent) FROM recommender_chatmonth"
CLEARED = "DELETE FROM recommender_chatmonth"
HELD = 4.0  # seconds for which the server holds a call in whose middle the run is killed


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopElsewhere]:
    with shops_elsewhere(tmp_path_factory.mktemp("labels"), "shop") as (shop,):
        add_vector_tables(shop.folder)
        keeper = EmbeddedPostgres.at(shop.folder / "postgres")
        keeper.start()  # once, and not for each command
        yield shop
        keeper.leave()


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with running() as server:
        server.answer = lambda body: labels()
        for name, value in {
            "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY, "OPENAI_CHAT_MODEL": "small-chat",
            "OPENAI_CHAT_PRICE": "2/8",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    return a_file(tmp_path / "reviews.json.gz", PRODUCTS)


def command(reviews: Path, *options: str) -> tuple[str | Path, ...]:
    out = reviews.with_name("pairs.jsonl")
    return ("make_training_labels", "--reviews", reviews, "--out", out, "--concurrency", "1", *options)


def killed_when(holds: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 300
    while not holds():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def kill_in_the_middle_of(number: int, chat: ChatServer, process: "subprocess.Popen[str]") -> None:
    """Of the call of that number, from 0, which the server holds meanwhile."""
    killed_when(lambda: len(chat.asked) == number + 1, process)


def has_asked(chat: ChatServer, more_than: int) -> bool:
    return len(chat.completions) > more_than


def held(number: int) -> list[Event]:
    return [*([Wait(0)] * number), Wait(HELD)]


def answered(reviews: Path) -> list[str]:
    lines = reviews.with_name("pairs.jsonl.journal").read_text().splitlines()
    return [entry["key"] for entry in map(json.loads, lines) if entry["kind"] == "answer"]


def pairs_asked(chat: ChatServer) -> Counter[str]:
    return Counter(body["messages"][1]["content"] for body in chat.completions)


def written(reviews: Path) -> list[Body]:
    return [json.loads(line) for line in reviews.with_name("pairs.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("number", [0, 3, PRODUCTS - 1])
def test_killed_while_it_waits_for_an_answer_it_asks_that_one_again_and_no_other(
    number: int, shop: ShopElsewhere, chat: ChatServer, reviews: Path
) -> None:
    chat.next_up += held(number)
    kill_in_the_middle_of(number, chat, shop.command(*command(reviews)))
    assert len(answered(reviews)) == number
    assert not reviews.with_name("pairs.jsonl").exists()

    printed = shop.run(*command(reviews))
    assert f"{PRODUCTS} labelled pairs" in printed
    assert sorted(pairs_asked(chat).values()) == [1] * (PRODUCTS - 1) + [2]
    assert len(set(answered(reviews))) == len(answered(reviews)) == PRODUCTS
    assert len(written(reviews)) == PRODUCTS


def test_killed_again_and_again_at_no_chosen_moment_it_ends_like_an_undisturbed_run(
    shop: ShopElsewhere, chat: ChatServer, reviews: Path, tmp_path: Path
) -> None:
    chat.delay = 0.15
    for answers in (1, 2, 4):
        process = shop.command(*command(reviews, "--concurrency", "3"))
        killed_when(partial(has_asked, chat, answers), process)
    shop.run(*command(reviews, "--concurrency", "3"))
    (tmp_path / "calm").mkdir()
    calm = a_file(tmp_path / "calm" / "reviews.json.gz", PRODUCTS)
    shop.run(*command(calm))
    assert written(reviews) == written(calm)
    assert sorted(answered(reviews)) == sorted(answered(calm))


CALLS = ("its file is sent", "it is handed in", "it is looked at", "its answers are fetched")


@pytest.mark.parametrize("number", [0, 1, 2, 4], ids=CALLS)
def test_killed_while_a_batch_is_under_way_it_is_found_again_and_paid_once(
    number: int, shop: ShopElsewhere, chat: ChatServer, reviews: Path
) -> None:
    with postgres_of(shop) as connection:
        connection.execute(CLEARED)
    chat.next_up += held(number)
    kill_in_the_middle_of(number, chat, shop.command(*command(reviews, "--batch")))

    printed = shop.run(*command(reviews, "--batch"))
    assert f"{PRODUCTS} labelled pairs" in printed
    assert len(chat.batches) == 1
    assert len(set(answered(reviews))) == len(answered(reviews)) == PRODUCTS
    with postgres_of(shop) as connection:
        assert connection.execute(SPENT).fetchall() == [(Decimal("0.01440000"),)]


def test_two_runs_do_not_write_one_journal(shop: ShopElsewhere, chat: ChatServer, reviews: Path) -> None:
    second_has_ended = threading.Event()
    chat.next_up.append(WaitFor(second_has_ended))
    first = shop.command(*command(reviews))
    while not chat.asked:
        time.sleep(0.01)
    second = shop.command(*command(reviews))
    second.communicate(timeout=300)
    second_has_ended.set()
    assert second.returncode == 1
    first.communicate(timeout=300)
    assert first.returncode == 0
    assert len(chat.completions) == PRODUCTS
