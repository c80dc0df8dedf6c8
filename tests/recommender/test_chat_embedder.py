"""Vectors from a server, over HTTP."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import numpy as np
import pytest
from pytest_django import Settings

from recommender.chat import embedder as embedder_module
from recommender.chat.account import embedding_account
from recommender.chat.breaker import Breaker
from recommender.chat.embedder import ServedEmbedder
from recommender.chat.exceptions import NotConfigured
from recommender.chat.spending import this_month
from recommender.embedding import Floats, unit
from recommender.exceptions import EmbedderSilent, ModelMismatch
from recommender.kept import Kept
from recommender.models import DIMENSIONS, ChatMonth
from tests.chat_server import KEY, ChatServer, Event, Refuse, Say, Wait, running, vector_of

# A call reserves what it costs in a thread, and so in a connection, of its own.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chat(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with running() as server:
        settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = server.url, KEY
        settings.OPENAI_EMBEDDING_MODEL = "small-embedding"
        settings.OPENAI_EMBEDDING_PRICE = (Decimal(20), Decimal(0))
        monkeypatch.setattr(embedder_module, "kept", Kept(embedder_module.MOST_KEPT))
        monkeypatch.setattr(embedder_module, "breaker", Breaker())
        yield server


def an_embedder(seconds: float = 20) -> ServedEmbedder:
    return ServedEmbedder(embedding_account(), seconds)


class Refusing(deque[Event]):
    """In place of a server's `next_up`: it refuses what holds a text that it does not take."""

    def __init__(self, chat: ChatServer, takes: Callable[[str], bool], status: int = 400) -> None:
        super().__init__()
        self.chat, self.takes, self.status = chat, takes, status

    def __bool__(self) -> bool:
        return not all(map(self.takes, self.chat.asked[-1].body["input"]))

    def popleft(self) -> Event:
        return Refuse(self.status, "This model's maximum context length is 512 tokens.")


def directions(texts: Sequence[str]) -> Floats:
    vectors = np.array([vector_of(text, DIMENSIONS) for text in texts], dtype=np.float32)
    return unit(vectors)


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


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_text_longer_than_the_model_reads_is_cut_and_the_others_stay_whole(
    chat: ChatServer, status: int
) -> None:
    chat.next_up = Refusing(chat, lambda text: len(text) <= 2_000, status)
    long = "tea honey " * 800
    embedder = an_embedder()
    rows = embedder.embed(["green tea", long, "oats"])
    assert np.abs(rows - directions(["green tea", long[:2_000], "oats"])).max() < 1e-6
    assert spent() == Decimal("0.00806")  # 403 words at 20 a million: what was refused is not paid
    asked = len(chat.asked)
    embedder.embed([long, "oats", "rye"])
    assert [body["input"] for body in chat.bodies("/embeddings")[asked:]] == [["rye"]]
    assert "dimensions" in chat.asked[-1].body


def test_fewer_texts_are_sent_to_a_server_that_takes_no_more_at_once(chat: ChatServer) -> None:
    chat.next_up = Refusing(chat, lambda _: len(chat.asked[-1].body["input"]) <= 32, 413)
    texts = [f"tea {number}" for number in range(100)]
    assert np.abs(an_embedder().embed(texts) - directions(texts)).max() < 1e-6


def test_a_text_that_is_refused_however_short_is_told_and_the_others_are_paid_once(chat: ChatServer) -> None:
    chat.next_up = Refusing(chat, lambda text: "x" not in text)
    embedder = an_embedder()
    with pytest.raises(EmbedderSilent, match="400, This model's maximum context length is 512 tokens"):
        embedder.embed(["tea", "honey", "x" * 350])
    assert [len(text) for text in chat.texts if "x" in text] == [350] * 6 + [175] * 2 + [100] * 2
    asked = len(chat.asked)
    embedder.embed(["tea", "honey"])
    assert len(chat.asked) == asked
    assert spent() == Decimal("0.00004")  # two words


def test_a_server_that_refuses_everything_is_left_alone_after_three_times(chat: ChatServer) -> None:
    chat.next_up = Refusing(chat, lambda _: False)
    for _ in range(3):
        with pytest.raises(EmbedderSilent, match="400"):
            an_embedder().embed(["tea"])
    with pytest.raises(EmbedderSilent, match="has failed several times"):
        an_embedder().embed(["tea"])
    assert len(chat.asked) == 6  # each time with the wish for a size, and without


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
