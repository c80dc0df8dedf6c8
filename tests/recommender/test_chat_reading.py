"""The page that answers a wish, where a chat model reads it: in its time, and never without an answer."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from recommender import patience
from recommender.chat import reading
from recommender.chat.breaker import Breaker
from recommender.chat.reading import KEPT, ROWS_KEPT, forget_calls
from recommender.chat.spending import this_month
from recommender.models import ChatCall, ChatMonth
from recommender.services import catch_up
from tests.chat_server import KEY, ChatServer, Drip, Event, HangUp, Message, Refuse, Say, Wait, running
from tests.recommender.taggers import WordTagger
from tests.shop.builders import a_product, a_review

ROOT = Path(__file__).resolve().parents[2]
BY_CHAT = "Read by a language model, which sees this sentence and nothing else of you."
BY_RULES = "Read by the shop's own rules."
FLOWERS: dict[str, Any] = {
    "about": "something for my aunt", "wanted": ["great aroma"], "unwanted": ["too sweet"],
    "without": ["nuts"], "diets": [], "at_most": 60, "at_least": None,
}  # fmt: skip
WISH = "crispy something for my aunt, she lives among flowers"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english", "shelves")]


@pytest.fixture
def shelves() -> None:
    for name, said in (("Crisps", "crunchy"), ("Jasmine pearls", "floral"), ("Honey", "sugary")):
        a_review(a_product(name, selling_price="40.00"), body=said)
    catch_up(tagger=WordTagger())


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with running() as server:
        server.answer = lambda body: json.dumps(FLOWERS)
        yield server


@pytest.fixture(autouse=True)
def chosen(settings: Settings, chat: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.INTENT_READER = "chat"
    settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = chat.url, KEY
    settings.OPENAI_CHAT_MODEL = "small-chat"
    settings.OPENAI_CHAT_PRICE = (Decimal(2), Decimal(8))
    settings.CHAT_TIMEOUT_MS = 10_000
    settings.RECOMMENDER_ASK_TIMEOUT_MS = settings.RECOMMENDER_PAGE_TIMEOUT_MS = 60_000
    monkeypatch.setattr(patience, "_rests_until", 0.0)
    monkeypatch.setattr(reading, "breaker", Breaker())
    monkeypatch.setattr(reading, "_said", set())


def asked(client: Client, sentence: str = WISH, **query: str) -> str:
    response = client.get("/ask/", {"q": sentence, **query})
    assert response.status_code == 200
    return response.content.decode()


def chips(page: str) -> str:
    return page.split('class="understood chips"')[1].split("</ul>", maxsplit=1)[0]


def spent() -> Decimal:
    return ChatMonth.objects.get(pk=this_month()).spent


def test_the_page_shows_what_the_model_understood_and_that_it_did(client: Client) -> None:
    page = asked(client)
    assert BY_CHAT in page
    assert "great aroma" in chips(page)
    assert "not “too sweet”" in chips(page)
    assert "without nuts" in chips(page)
    assert "up to ¥60.00" in chips(page)
    assert "crunchy" not in chips(page)


def test_programs_are_told_who_read_it(client: Client) -> None:
    answer = client.get("/api/v1/ask/", {"q": WISH}).json()
    assert answer["read_by"] == "chat"
    assert answer["understood"]["wanted"] == ["great aroma"]


def test_the_model_sees_the_sentence_and_the_labels_and_nothing_else(
    client: Client, chat: ChatServer
) -> None:
    asked(client, "tea for ann@mail.example")
    [body] = chat.completions
    assert body["messages"][1]["content"] == "tea for […]"
    assert body["messages"][0]["content"].endswith("Labels of this shop:\ncrunchy\ngreat aroma\ntoo sweet")
    assert sorted(body) == ["max_completion_tokens", "messages", "model", "response_format"]


def test_by_default_nobody_is_asked(client: Client, chat: ChatServer, settings: Settings) -> None:
    settings.INTENT_READER = "local"
    page = asked(client)
    assert BY_RULES in page
    assert "crunchy" in chips(page)
    assert chat.asked == []
    assert not ChatCall.objects.exists()


def test_the_same_wish_is_asked_and_paid_once_also_after_taking_something_away(
    client: Client, chat: ChatServer
) -> None:
    asked(client)
    page = asked(client, WISH.upper(), without="great aroma")
    assert len(chat.completions) == 1
    assert "too sweet" in chips(page)
    assert "great aroma" not in chips(page)
    assert BY_CHAT in page


def test_what_a_call_cost_is_noted_without_the_sentence(client: Client) -> None:
    asked(client)
    call = ChatCall.objects.get()
    assert (call.outcome, call.tokens_read, call.tokens_written) == ("answered", 1000, 50)
    assert call.cost == spent() == Decimal("0.0024")
    assert "aunt" not in call.question


def test_a_server_that_counts_no_tokens_costs_what_was_reserved(client: Client, chat: ChatServer) -> None:
    chat.usage = None
    asked(client)
    call = ChatCall.objects.get()
    assert call.cost == spent()
    assert call.cost > Decimal("0.004")


@pytest.mark.parametrize(
    ("event", "outcome", "cost"),
    [
        (Refuse(400), "failed", "0"),
        (Refuse(404, "The model does not exist"), "failed", "0"),
        (Say("<html>"), "unusable", None),
        (Message({"content": "tea"}), "unusable", "0.0024"),
        (Message({"content": json.dumps(FLOWERS | {"at_most": -3})}), "unusable", "0.0024"),
        (Message({"content": None, "refusal": "No."}), "unusable", "0.0024"),
        (Message({"content": '{"about"'}, "length"), "unusable", "0.0024"),
    ],
)
def test_where_the_model_does_not_answer_as_it_should_the_shops_own_rules_do(
    client: Client, chat: ChatServer, event: Event, outcome: str, cost: str | None
) -> None:
    chat.next_up.append(event)
    page = asked(client)
    assert BY_RULES in page
    assert "crunchy" in chips(page)
    call = ChatCall.objects.get()
    assert call.outcome == outcome
    assert call.cost == spent()
    assert cost is None or call.cost == Decimal(cost)


@pytest.mark.parametrize("event", [Wait(8), Drip(8)])
def test_a_server_that_is_too_slow_is_not_waited_for(
    client: Client, chat: ChatServer, settings: Settings, event: Event
) -> None:
    asked(client, "crunchy")  # what is loaded when first asked for
    settings.CHAT_TIMEOUT_MS = 300
    chat.next_up.append(event)
    started = time.monotonic()
    page = asked(client)
    assert time.monotonic() - started < 4
    assert BY_RULES in page
    call = ChatCall.objects.latest("called_at")
    assert call.outcome == "failed"
    assert call.cost > 0


def test_a_call_that_breaks_down_in_a_way_that_nobody_foresaw_leaves_the_page_whole(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.OPENAI_API_KEY = "sk-…"  # copied from where it was shown in part
    page = asked(client)
    assert BY_RULES in page
    assert "crunchy" in chips(page)
    call = ChatCall.objects.get()
    assert (call.outcome, call.cost) == ("failed", spent())
    assert "A call of the chat server broke down." in caplog.text
    for number in range(3):
        assert BY_RULES in asked(client, f"crunchy {number}")
    assert ChatCall.objects.count() == 3  # then it rests


@pytest.mark.parametrize("event", [Refuse(503), HangUp()])
def test_what_passes_is_tried_again_within_the_time(client: Client, chat: ChatServer, event: Event) -> None:
    chat.next_up.append(event)
    assert BY_CHAT in asked(client)
    assert len(chat.completions) == 2


def test_after_three_failures_nobody_is_asked_and_what_is_known_is_still_read(
    client: Client, chat: ChatServer
) -> None:
    asked(client)
    chat.next_up += [Refuse(400)] * 3
    for number in range(5):
        assert BY_RULES in asked(client, f"crunchy {number}")
    assert len(chat.completions) == 4
    assert BY_CHAT in asked(client)


def test_once_the_budget_is_spent_nobody_is_asked(
    client: Client, chat: ChatServer, settings: Settings
) -> None:
    settings.OPENAI_MONTHLY_BUDGET = Decimal("0.0001")
    assert BY_RULES in asked(client)
    assert chat.asked == []
    assert not ChatCall.objects.exists()


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("OPENAI_API_KEY", "OPENAI_API_KEY is not set: set it to the key of OpenAI"),
        ("OPENAI_CHAT_MODEL", "OPENAI_CHAT_MODEL is not set: set it to the name of a chat model"),
        ("OPENAI_CHAT_PRICE", "OPENAI_CHAT_PRICE is not set: set it to what a million tokens cost"),
    ],
)
def test_what_is_not_set_is_said_once_and_the_shops_own_rules_read(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture, variable: str, says: str
) -> None:
    setattr(settings, variable, None if variable.endswith("PRICE") else "")
    assert BY_RULES in asked(client)
    assert BY_RULES in asked(client)
    [record] = [record for record in caplog.records if record.name == "recommender.chat.reading"]
    assert record.message.startswith(f"Wishes are read by the shop's own rules. {says}")


def test_answers_are_forgotten_after_a_day_and_the_rows_after_ninety(
    client: Client, chat: ChatServer
) -> None:
    asked(client)
    ChatCall.objects.update(called_at=timezone.now() - KEPT)
    assert forget_calls() == 0
    assert ChatCall.objects.get().answer is None
    asked(client)
    assert len(chat.completions) == 2
    ChatCall.objects.filter(answer__isnull=True).update(called_at=timezone.now() - ROWS_KEPT)
    assert forget_calls() == 1
    assert ChatCall.objects.count() == 1


SERVES = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import config.wsgi
from django.urls import get_resolver
get_resolver().url_patterns
print("openai" in sys.modules)
"""


def test_a_shop_whose_own_rules_read_does_not_load_the_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "False\n", done.stderr
