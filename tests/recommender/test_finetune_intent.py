"""Teaching a chat model to read wishes, over HTTP."""

import json
import signal
import time
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from config.embedded_postgres.server import EmbeddedPostgres
from recommender.chat import reading
from recommender.chat.breaker import Breaker
from recommender.chat.finetuning import tuned_model
from recommender.chat.reading import told_by_chat
from recommender.models import FineTuning
from recommender.turns import TEACHING
from tests.chat_server import KEY, Body, ChatServer, DoAndHangUp, Refuse, Wait, running
from tests.elsewhere import shops_elsewhere
from tests.tables import add_vector_tables

WISH: Body = {
    "about": "tea", "wanted": ["great aroma"], "unwanted": [], "without": [], "diets": [], "at_most": 20,
    "at_least": None,
}  # fmt: skip
TAUGHT = "ft:small-chat:larder"

pytestmark = [pytest.mark.django_db(databases=["recommender"]), pytest.mark.usefixtures("account")]


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with running() as server:
        server.answer = lambda body: json.dumps(WISH)
        yield server


@pytest.fixture
def account(settings: Settings, chat: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = chat.url, KEY
    settings.OPENAI_CHAT_MODEL, settings.OPENAI_CHAT_PRICE = "small-chat", (Decimal(2), Decimal(8))
    settings.OPENAI_TUNING_PRICE = (Decimal(25), Decimal(0))
    settings.INTENT_READER, settings.CHAT_TIMEOUT_MS = "chat", 10_000
    settings.RECOMMENDER_PAGE_TIMEOUT_MS = 60_000
    monkeypatch.setattr(reading, "breaker", Breaker())


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    return a_file(tmp_path / "examples.jsonl", [example(number) for number in range(12)])


def example(number: int, **changed: Any) -> Body:
    return {"sentence": f"tea number {number} under 20 yuan", "wish": WISH | changed}


def a_file(path: Path, lines: list[Body]) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def tune(path: Path, **options: Any) -> str:
    answer = StringIO()
    call_command("finetune_intent", file=path, stdout=answer, **options)
    return answer.getvalue()


def test_a_model_is_taught_and_reads_wishes_from_then_on(examples: Path, chat: ChatServer) -> None:
    printed = tune(examples)
    assert "12 examples" in printed
    assert f"{TAUGHT} is taught by 4,200 tokens." in printed
    told_by_chat("a tea")
    assert chat.completions[-1]["model"] == TAUGHT
    call_command("finetune_intent", forget=True, stdout=StringIO())
    told_by_chat("a tea")
    assert chat.completions[-1]["model"] == "small-chat"


def test_what_it_costs_is_said_before_anything_is_sent(examples: Path, chat: ChatServer) -> None:
    with pytest.raises(CommandError, match="more than --max-cost 0.01, and nothing was sent"):
        tune(examples, max_cost=Decimal("0.01"))
    assert chat.asked == []
    printed = tune(examples, max_cost=Decimal(100))
    tokens = len(next(iter(chat.files.values())).content) // 4
    assert f"about {tokens:,} tokens in each of 3 passes" in printed
    assert f"costs about {Decimal(25) * 3 * tokens / 1_000_000:.4f}, at most " in printed


def test_a_job_that_is_begun_or_over_is_not_paid_again_and_not_refused(
    examples: Path, chat: ChatServer, settings: Settings
) -> None:
    chat.next_up += [Wait(0), Wait(0), Refuse(401, "Your key has expired.")]
    with pytest.raises(CommandError, match="Your key has expired"):
        tune(examples)
    settings.OPENAI_TUNING_PRICE = None
    for _ in range(2):
        printed = tune(examples, max_cost=Decimal(0))
        assert "costs about" not in printed
        assert f"{TAUGHT} is taught by 4,200 tokens." in printed
    assert len(chat.jobs) == 1


def test_what_is_too_dear_leaves_nothing_behind(examples: Path, chat: ChatServer) -> None:
    with pytest.raises(CommandError, match="more than --max-cost 0"):
        tune(examples, max_cost=Decimal(0))
    assert not FineTuning.objects.exists()
    chat.job_ends = "failed"
    with pytest.raises(CommandError, match="The fine-tuning failed"):
        tune(examples)
    with pytest.raises(CommandError, match="more than --max-cost 0"):
        tune(examples, max_cost=Decimal(0))
    assert FineTuning.objects.get().status == "failed"


def test_without_a_price_it_says_what_to_set(examples: Path, chat: ChatServer, settings: Settings) -> None:
    settings.OPENAI_TUNING_PRICE = None
    with pytest.raises(CommandError, match="OPENAI_TUNING_PRICE is not set: set it to what a million tokens"):
        tune(examples)
    assert chat.asked == []


def test_what_it_is_taught_is_what_a_page_asks(examples: Path, chat: ChatServer) -> None:
    tune(examples)
    told_by_chat("tea number 0 under 20 yuan")
    [source] = chat.files.values()
    first = json.loads(source.content.splitlines()[0])["messages"]
    assert first[:2] == chat.completions[0]["messages"]
    assert json.loads(first[2]["content"]) == WISH


def test_run_again_it_begins_no_second_job(examples: Path, chat: ChatServer) -> None:
    tune(examples)
    call_command("finetune_intent", forget=True, stdout=StringIO())
    tune(examples)
    assert len(chat.jobs) == 1
    assert tuned_model(chat.url) == TAUGHT


def test_taught_again_an_older_model_reads_in_place_of_a_newer_one(
    examples: Path, tmp_path: Path, chat: ChatServer
) -> None:
    elsewhere = "http://elsewhere/v1"
    FineTuning.objects.create(
        digest="another", base_url=elsewhere, status="succeeded", model="theirs", finished_at=timezone.now()
    )
    tune(examples)
    tune(a_file(tmp_path / "more.jsonl", [example(number) for number in range(20)]), model=TAUGHT)
    assert tuned_model(chat.url) == f"ft:{TAUGHT}:larder"
    assert f"{TAUGHT} is taught by 4,200 tokens. It reads wishes" in tune(examples)
    told_by_chat("a tea")
    assert chat.completions[-1]["model"] == TAUGHT
    assert FineTuning.objects.filter(base_url=chat.url, is_used=True).count() == 1
    assert len(chat.jobs) == 2
    assert tuned_model(elsewhere) == "theirs"


def test_a_server_that_hangs_up_after_it_began_is_asked_what_it_began(
    examples: Path, chat: ChatServer
) -> None:
    chat.next_up += [Wait(0), DoAndHangUp()]
    tune(examples)
    assert len(chat.jobs) == 1


def test_a_job_that_fails_says_why_and_the_next_run_begins_anew(examples: Path, chat: ChatServer) -> None:
    chat.job_ends = "failed"
    with pytest.raises(CommandError, match="The fine-tuning failed: The file was not to our taste."):
        tune(examples)
    assert tuned_model(chat.url) == ""
    chat.job_ends = "succeeded"
    tune(examples)
    assert len(chat.jobs) == 2
    assert tuned_model(chat.url) == TAUGHT


def test_a_job_that_the_server_has_forgotten_is_given_up_and_the_next_run_begins_anew(
    examples: Path, chat: ChatServer
) -> None:
    chat.next_up += [Wait(0), Wait(0), Refuse(401, "Your key has expired.")]
    with pytest.raises(CommandError, match="Your key has expired"):
        tune(examples)
    assert FineTuning.objects.get().status == "begun"
    chat.next_up.append(Refuse(404, "No job of that name."))
    with pytest.raises(
        CommandError,
        match="^The fine-tuning failed: the server does not know its job ftjob-1 any more. "
        "Run again to begin anew.$",
    ):
        tune(examples)
    assert FineTuning.objects.get().status == "failed"
    tune(examples)
    assert len(chat.jobs) == 2
    assert tuned_model(chat.url) == TAUGHT


def test_a_server_that_refuses_is_quoted_and_nothing_is_in_use(examples: Path, chat: ChatServer) -> None:
    chat.next_up += [Wait(0), Refuse(403, "This model cannot be taught.")]
    with pytest.raises(CommandError, match="403, This model cannot be taught"):
        tune(examples)
    assert FineTuning.objects.get().job_id == ""
    assert told_by_chat("a tea") is not None
    assert chat.completions[-1]["model"] == "small-chat"


def test_a_model_of_another_server_is_not_asked_for_here(
    examples: Path, chat: ChatServer, settings: Settings
) -> None:
    tune(examples)
    assert tuned_model("http://elsewhere/v1") == ""


def test_every_wrong_line_is_told_and_nothing_is_sent(tmp_path: Path, chat: ChatServer) -> None:
    chat_line = {"messages": [{"role": "user", "content": "tea"}]}
    path = a_file(
        tmp_path / "examples.jsonl",
        [
            *(example(number) for number in range(10)),
            example(3),
            example(10, diets=["keto"]),
            {"sentence": "tea"},
            chat_line,
        ],
    )
    path.write_text(path.read_text() + "tea\n" + "[" * 100_000 + "\n", encoding="utf-8-sig")
    with path.open("a") as lines:
        lines.writelines(f"{json.dumps(half)}\n" for half in (example(20, about="\ud83d"), example(21)))
        lines.write(json.dumps(example(22)).replace("tea number 22", "\\ud83d") + "\n")
    with pytest.raises(CommandError) as refused:
        tune(path)
    told = str(refused.value)
    assert "line 11: the sentence of line 4 again" in told
    assert "line 12: diets.0" in told
    assert 'line 13: neither {"sentence", "wish"} nor {"messages"}' in told
    assert "line 14: a chat is a system's, a user's and an assistant's message" in told
    assert "line 15: no JSON" in told
    assert "line 16: no JSON" in told
    assert "line 17: it: " in told
    assert "line 19: half a character" in told
    assert chat.asked == []
    assert not FineTuning.objects.exists()


def test_too_few_examples_are_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path / "examples.jsonl", [example(number) for number in range(9)])
    with pytest.raises(CommandError, match="it holds 9 examples, and 10 to 50,000 are needed"):
        tune(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="absent.jsonl cannot be used, and nothing was sent: it cannot"):
        tune(tmp_path / "absent.jsonl")


def test_without_a_key_one_sentence_says_what_to_set(examples: Path, settings: Settings) -> None:
    settings.OPENAI_API_KEY = ""
    with pytest.raises(CommandError, match="^OPENAI_API_KEY is not set: set it to the key of OpenAI"):
        tune(examples)


@pytest.mark.django_db(databases=["recommender"], transaction=True)
def test_while_one_teaches_another_does_not_begin(examples: Path, chat: ChatServer) -> None:
    other = connections["recommender"].copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [TEACHING])
    try:
        with pytest.raises(CommandError, match="Another process is fine-tuning"):
            tune(examples)
    finally:
        other.close()
    assert chat.asked == []


CALLS = ("its file is sent", "it is handed in", "it is followed")


@pytest.mark.processes
def test_killed_at_any_moment_it_goes_on_with_the_one_job(
    tmp_path: Path, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "OPENAI_BASE_URL": chat.url, "OPENAI_API_KEY": KEY, "OPENAI_CHAT_MODEL": "small-chat",
        "OPENAI_CHAT_PRICE": "0/0", "OPENAI_TUNING_PRICE": "0",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with shops_elsewhere(tmp_path, "shop") as (shop,):
        add_vector_tables(shop.folder)
        keeper = EmbeddedPostgres.at(shop.folder / "postgres")
        keeper.start()
        for number, _ in enumerate(CALLS):
            path = a_file(tmp_path / f"{number}.jsonl", [example(number * 100 + n) for n in range(10)])
            asked = len(chat.asked)
            chat.next_up += [*([Wait(0)] * number), Wait(4)]
            process = shop.command("finetune_intent", "--file", path)
            while len(chat.asked) < asked + number + 1:
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert f"{TAUGHT} is taught" in shop.run("finetune_intent", "--file", path)
            assert len(chat.jobs) == number + 1
        keeper.leave()
