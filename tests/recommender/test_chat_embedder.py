"""Vectors from a server, over HTTP."""

import json
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pytest
from pytest_django import Settings

from recommender.chat import embedder as embedder_module
from recommender.chat.account import embedding_account
from recommender.chat.breaker import Breaker
from recommender.chat.embedder import Kept, ServedEmbedder
from recommender.chat.exceptions import NotConfigured
from recommender.chat.spending import this_month
from recommender.exceptions import EmbedderSilent, ModelMismatch
from recommender.models import DIMENSIONS, ChatMonth
from tests.chat_server import KEY, ChatServer, Refuse, Say, Wait, running, vector_of

# A call reserves what it costs in a thread, and so in a connection, of its own.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chat(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with running() as server:
        settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = server.url, KEY
        settings.OPENAI_EMBEDDING_MODEL = "small-embedding"
        settings.OPENAI_EMBEDDING_PRICE = (Decimal(20), Decimal(0))
        monkeypatch.setattr(embedder_module, "kept", Kept())
        monkeypatch.setattr(embedder_module, "breaker", Breaker())
        yield server


def an_embedder(seconds: float = 20) -> ServedEmbedder:
    return ServedEmbedder(embedding_account(), seconds)


def spent() -> Decimal:
    return ChatMonth.objects.get(pk=this_month()).spent


def test_each_text_has_its_vector_in_the_order_asked_for(chat: ChatServer) -> None:
    rows = an_embedder().embed(["green tea", "honey", "green tea"])
    expected = np.array([vector_of(text, DIMENSIONS) for text in ("green tea", "honey", "green tea")])
    assert np.abs(rows - expected / np.linalg.norm(expected, axis=1, keepdims=True)).max() < 1e-6
    assert chat.bodies("/embeddings") == [
        {"model": "small-embedding", "input": ["green tea", "honey"], "encoding_format": "float",
         "dimensions": DIMENSIONS}
    ]  # fmt: skip
    assert an_embedder().embed([]).shape == (0, DIMENSIONS)


def test_what_was_asked_for_is_kept_and_paid_once(chat: ChatServer) -> None:
    embedder = an_embedder()
    embedder.embed(["green tea", "honey"])
    embedder.embed(["honey", "crisps"])
    assert chat.texts == ["green tea", "honey", "crisps"]
    assert spent() == Decimal("0.00008")  # four words at 20 a million


def test_many_texts_go_in_several_calls(chat: ChatServer) -> None:
    texts = [f"tea {number}" for number in range(300)]
    assert an_embedder().embed(texts).shape == (300, DIMENSIONS)
    assert [len(body["input"]) for body in chat.bodies("/embeddings")] == [128, 128, 44]


def test_nothing_empty_private_or_endless_is_sent(chat: ChatServer) -> None:
    an_embedder().embed(["", "  ", "write to ann@mail.example", "x" * 9000])
    assert chat.texts == ["-", "write to […]", "x" * 8000]


def test_a_server_that_offers_no_choice_of_size_is_asked_without_from_then_on(chat: ChatServer) -> None:
    chat.offers_dimensions, chat.size = False, DIMENSIONS
    embedder = an_embedder()
    embedder.embed(["tea"])
    embedder.embed(["honey"])
    assert ["dimensions" in body for body in chat.bodies("/embeddings")] == [True, False, False]


def test_a_size_that_does_not_fit_is_refused(chat: ChatServer) -> None:
    chat.offers_dimensions = False
    with pytest.raises(
        ModelMismatch, match="openai:small-embedding have 1536 dimensions, the database has room for 384"
    ):
        an_embedder().embed(["tea"])


ROW = {"object": "embedding", "index": 0, "embedding": [1.0] * DIMENSIONS}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [ROW, ROW],
        [ROW | {"embedding": [0.0] * DIMENSIONS}],
        [ROW | {"index": 1}],
    ],
)
def test_what_is_no_vector_for_each_text_is_refused(chat: ChatServer, rows: list[object]) -> None:
    chat.next_up.append(Say(json.dumps({"object": "list", "data": rows, "model": "small-embedding"})))
    with pytest.raises(EmbedderSilent, match="cannot be used"):
        an_embedder().embed(["tea"])


def test_a_server_that_is_slow_is_waited_for_as_long_as_was_said(chat: ChatServer) -> None:
    chat.next_up.append(Wait(5))
    with pytest.raises(EmbedderSilent, match="did not answer in time"):
        an_embedder(seconds=0.2).embed(["tea"])


def test_after_three_failures_it_is_not_asked_for_a_while(chat: ChatServer) -> None:
    chat.next_up += [Refuse(401)] * 3
    for _ in range(3):
        with pytest.raises(EmbedderSilent, match="401"):
            an_embedder().embed(["tea"])
    with pytest.raises(EmbedderSilent, match="has failed several times"):
        an_embedder().embed(["tea"])
    assert len(chat.asked) == 3
    assert spent() == 0


def test_without_budget_it_is_not_asked(chat: ChatServer, settings: Settings) -> None:
    settings.OPENAI_MONTHLY_BUDGET = Decimal(0)
    with pytest.raises(EmbedderSilent, match="raise OPENAI_MONTHLY_BUDGET"):
        an_embedder().embed(["tea"])
    assert chat.asked == []


@pytest.mark.usefixtures("chat")
@pytest.mark.parametrize(
    ("variable", "nothing"),
    [("OPENAI_API_KEY", ""), ("OPENAI_EMBEDDING_MODEL", ""), ("OPENAI_EMBEDDING_PRICE", None)],
)
def test_what_is_not_set_is_named(settings: Settings, variable: str, nothing: str | None) -> None:
    setattr(settings, variable, nothing)
    with pytest.raises(NotConfigured, match=f"^{variable} is not set: set it to "):
        an_embedder()
