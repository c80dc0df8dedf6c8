"""Changing over to another embedder while the shop is searched."""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from pytest_django import Settings

from config.embedded_postgres.server import EmbeddedPostgres
from recommender import patience, rebuilding, tag_memory
from recommender.embedders import embedder_in_use, embedder_wanted, working_embedder
from recommender.embedding import Embedder, Floats, MiniLM
from recommender.exceptions import EmbedderSilent
from recommender.models import (
    EmbedderInUse,
    Label,
    NextLabelVector,
    NextProductVector,
    ProductEntry,
)
from recommender.patience import page_patience
from recommender.rebuilding import WorkerBusy, make, rebuild
from recommender.services import catch_up, unwatched
from recommender.turns import CATCHING_UP, REBUILDING, turn
from recommender.word_vectors import WordVectors
from tests.chat_server import KEY, ChatServer, running
from tests.elsewhere import ShopElsewhere, postgres_of, shops_elsewhere
from tests.recommender.encoders import Renamed
from tests.recommender.taggers import WordTagger
from tests.shop.builders import a_product, a_review
from tests.shop.demo_files import goods_alone
from tests.tables import add_vector_tables

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

SAID = {
    "Sea salt crisps": "crunchy",
    "Roasted almonds": "crunchy cheap",
    "Sencha": "floral",
    "Honey": "sugary",
}


@pytest.fixture
def shelves(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings.RECOMMENDER_ASK_TIMEOUT_MS = settings.RECOMMENDER_PAGE_TIMEOUT_MS = 60_000
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(patience, "_rests_until", 0.0)
    for name, body in SAID.items():
        a_review(a_product(name), body=body)
    catch_up(tagger=WordTagger())


def versions() -> set[str]:
    """Of all that is stored, and of the embedder that is asked."""
    stored = {
        *ProductEntry.objects.values_list("model_version", flat=True),
        *Label.objects.values_list("model_version", flat=True),
    }
    return {*stored, embedder_in_use().model_version}


def vectors() -> dict[int, Floats]:
    rows = ProductEntry.objects.values_list("product_id", "embedding")
    return {product_id: np.array(vector, np.float32) for product_id, vector in rows}


def asked(client: Client) -> str:
    return client.get("/ask/", {"q": "something crunchy"}).content.decode()


@pytest.mark.usefixtures("shelves")
def test_a_shop_begins_with_the_embedder_that_is_set_and_stays_with_it(settings: Settings) -> None:
    assert versions() == {MiniLM.model_version}
    settings.EMBEDDER = "word2vec"
    assert versions() == {MiniLM.model_version}
    assert working_embedder().model_version == MiniLM.model_version


@pytest.mark.usefixtures("shelves")
def test_made_anew_by_the_same_model_the_vectors_are_the_same() -> None:
    before = vectors()
    rebuilt = rebuild(embedder=Renamed())
    assert (rebuilt.before, rebuilt.after) == (MiniLM.model_version, "minilm-again")
    assert (rebuilt.labels, rebuilt.products) == (Label.objects.count(), len(SAID))
    after = vectors()
    assert after.keys() == before.keys()
    assert max(float(np.abs(after[pk] - before[pk]).max()) for pk in before) < 2e-3  # of half precision
    assert not NextLabelVector.objects.exists()
    assert not NextProductVector.objects.exists()


@pytest.mark.usefixtures("shelves")
def test_the_command_changes_over_to_what_is_set_and_pages_ask_it(settings: Settings, client: Client) -> None:
    settings.EMBEDDER = "word2vec"
    wanted = embedder_wanted(seconds=1).model_version
    printed = StringIO()
    call_command("rebuild_embeddings", stdout=printed)
    assert f"4 products embedded by {wanted} in place of all-minilm-l6-v2" in printed.getvalue()
    assert versions() == {wanted}
    assert "Sea salt crisps" in asked(client)
    printed = StringIO()
    call_command("rebuild_embeddings", stdout=printed)
    assert printed.getvalue() == f"The vectors are by {wanted} already.\n"


@pytest.mark.usefixtures("shelves")
def test_what_a_stopped_run_had_made_is_counted_by_the_next(settings: Settings) -> None:
    settings.EMBEDDER = "word2vec"
    make(embedder_wanted(seconds=1), unwatched)
    printed = StringIO()
    call_command("rebuild_embeddings", stdout=printed)
    labels = Label.objects.count()
    assert printed.getvalue().startswith("0 labels and 0 products embedded by ")
    assert printed.getvalue().endswith(f" {labels} and 4 were there from a run that was stopped.\n")


@pytest.mark.usefixtures("shelves")
def test_the_worker_goes_on_with_the_new_one(settings: Settings) -> None:
    settings.EMBEDDER = "word2vec"
    call_command("rebuild_embeddings", stdout=StringIO())
    a_review(a_product("Rice cakes"), body="light")
    catch_up(tagger=WordTagger())
    assert versions() == {embedder_wanted(seconds=1).model_version}
    assert ProductEntry.objects.filter(embedding__isnull=False).count() == len(SAID) + 1


@pytest.mark.usefixtures("shelves")
def test_what_a_process_keeps_of_labels_is_of_the_embedder_that_is_asked_for(
    settings: Settings,
) -> None:
    tag_memory.forget_all()
    before = Label.objects.get(pk="crunchy").model_version
    tag_memory.vectors_of(["crunchy"], before)
    settings.EMBEDDER = "word2vec"
    call_command("rebuild_embeddings", stdout=StringIO())
    now = Label.objects.get(pk="crunchy").model_version
    assert now != before
    kept = tag_memory.vectors_of(["crunchy", "great aroma"], now)
    stored = dict(Label.objects.filter(pk__in=kept).values_list("text", "embedding"))
    assert all(np.array_equal(kept[text], np.array(stored[text], np.float32)) for text in stored)
    assert len(stored) == 2
    tag_memory.forget_all()


@pytest.mark.usefixtures("shelves")
def test_word_vectors_in_use_are_found_after_the_model_was_trained_anew(
    settings: Settings, tmp_path: Path
) -> None:
    settings.EMBEDDER = "word2vec"
    call_command("rebuild_embeddings", stdout=StringIO())
    before = embedder_in_use()
    settings.LABEL_MODEL_DIR = tmp_path / "another"
    assert isinstance(before, WordVectors)
    assert embedder_in_use().model_version == before.model_version
    (tmp_path / "word_vectors" / before.model_version / "vocabulary.json").unlink()
    EmbedderInUse.objects.update(model_version="word2vec-gone")
    with pytest.raises(EmbedderSilent):
        embedder_in_use()


@pytest.mark.usefixtures("shelves")
def test_a_page_is_whole_where_the_embedder_in_use_cannot_be_asked(client: Client) -> None:
    EmbedderInUse.objects.update(name="openai", model="small-embedding")
    page = asked(client)
    assert page.count('<article class="card">') == 4
    assert "We cannot read wishes just now." in page


class Stopped(Exception):
    """The process was killed, as far as the test is concerned."""


class Mortal(Renamed):
    """Dies at a text."""

    def __init__(self, dies_at: int) -> None:
        super().__init__()
        self.left = dies_at

    def embed(self, texts: Sequence[str]) -> Floats:
        self.left -= 1
        if self.left < 0:
            raise Stopped
        return super().embed(texts)


@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize("dies_at", [1, 2, 5])
def test_stopped_in_between_all_stays_as_it_was_and_what_was_made_is_not_made_again(
    client: Client, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    monkeypatch.setattr(rebuilding, "PRODUCTS_AT_ONCE", 1)
    first, second = Mortal(dies_at), Mortal(1000)
    with pytest.raises(Stopped):
        rebuild(embedder=first)
    assert versions() == {MiniLM.model_version}
    assert "Sea salt crisps" in asked(client)
    rebuild(embedder=second)
    assert {*ProductEntry.objects.values_list("model_version", flat=True)} == {"minilm-again"}
    made = Counter(first.texts + second.texts)
    told = {
        *Label.objects.values_list("text", flat=True),
        *ProductEntry.objects.values_list("text", flat=True),
    }
    assert {made[text] for text in told} == {1}


@pytest.mark.usefixtures("shelves")
def test_a_change_that_does_not_come_to_its_end_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = vectors()

    def stopped(embedder: Embedder) -> None:
        raise Stopped

    monkeypatch.setattr(rebuilding, "put_in_use", stopped)
    with pytest.raises(Stopped):
        rebuild(embedder=Renamed())
    assert versions() == {MiniLM.model_version}
    assert all(np.array_equal(vectors()[pk], before[pk]) for pk in before)
    assert NextProductVector.objects.count() == len(SAID)


@pytest.mark.usefixtures("shelves")
def test_what_changes_meanwhile_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    class Meddling(Renamed):
        """A review comes in and is read after the product's vector was made."""

        def embed(self, texts: Sequence[str]) -> Floats:
            rows = super().embed(texts)
            if NextProductVector.objects.count() == len(SAID) - 1 and not self.is_done:
                self.is_done = True
                product = ProductEntry.objects.order_by("product_id").first()
                assert product
                ProductEntry.objects.filter(pk=product.pk).update(
                    text="something else", published_revision=99
                )
            return rows

        is_done = False

    monkeypatch.setattr(rebuilding, "PRODUCTS_AT_ONCE", 1)
    embedder = Meddling()
    assert rebuild(embedder=embedder).products == len(SAID) + 1
    assert "something else" in embedder.texts


@pytest.mark.usefixtures("shelves")
def test_vectors_made_for_another_embedder_are_dropped() -> None:
    NextLabelVector.objects.create(text="old", embedding=[1.0] * 384, model_version="other")
    rebuild(embedder=Renamed())
    assert not NextLabelVector.objects.exists()


@pytest.mark.usefixtures("shelves")
def test_vectors_of_another_size_are_refused_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Wide(Renamed):
        dimensions = 1536

    def wide(*, seconds: float) -> Wide:
        return Wide()

    monkeypatch.setattr("recommender.management.commands.rebuild_embeddings.embedder_wanted", wide)
    with pytest.raises(CommandError, match="minilm-again have 1536 dimensions"):
        call_command("rebuild_embeddings")
    assert versions() == {MiniLM.model_version}


@pytest.mark.usefixtures("shelves")
def test_without_a_key_one_sentence_says_what_to_set(settings: Settings) -> None:
    settings.EMBEDDER = "openai"
    with pytest.raises(CommandError, match="^OPENAI_API_KEY is not set: set it to the key of OpenAI"):
        call_command("rebuild_embeddings")


def held_elsewhere(key: int, until: Event, begun: Event) -> None:
    with turn(key):
        begun.set()
        until.wait(60)
    connections["recommender"].close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize(
    ("key", "says"),
    [(CATCHING_UP, "the worker has been busy"), (REBUILDING, "Another process is rebuilding")],
)
def test_it_waits_for_the_worker_and_for_no_other_of_its_kind(key: int, says: str) -> None:
    until, begun = Event(), Event()
    holder = Thread(target=held_elsewhere, args=(key, until, begun))
    holder.start()
    begun.wait(60)
    try:
        with pytest.raises((WorkerBusy, rebuilding.RebuildingElsewhere), match=says):
            rebuild(embedder=Renamed(), patience=0.3)
    finally:
        until.set()
        holder.join()
    assert versions() == {MiniLM.model_version}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shelves")
def test_a_page_that_has_begun_sees_one_embedders_vectors_only() -> None:
    with page_patience(60_000, at_one_moment=True):
        seen = {embedder_in_use().model_version}
        change = Thread(target=rebuild_and_close)
        change.start()
        change.join(60)
        seen |= {
            embedder_in_use().model_version,
            *ProductEntry.objects.values_list("model_version", flat=True),
        }
    assert seen == {MiniLM.model_version}
    assert {*ProductEntry.objects.values_list("model_version", flat=True)} == {"minilm-again"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shelves")
def test_control_a_page_that_looks_at_each_moment_sees_both() -> None:
    with page_patience(60_000):
        seen = {*Label.objects.values_list("model_version", flat=True)}
        change = Thread(target=rebuild_and_close)
        change.start()
        change.join(60)
        seen |= {*ProductEntry.objects.values_list("model_version", flat=True)}
    assert seen == {MiniLM.model_version, "minilm-again"}


def rebuild_and_close() -> None:
    rebuild(embedder=Renamed())
    connections["recommender"].close()


OLD = "SELECT count(*) FROM recommender_productentry WHERE model_version = 'all-minilm-l6-v2'"
IN_USE = "SELECT model_version FROM recommender_embedderinuse"
NEXT = "SELECT count(*) FROM recommender_nextproductvector"


def number(shop: ShopElsewhere, query: str) -> object:
    with postgres_of(shop) as connection:
        row = connection.execute(query).fetchone()
    assert row
    return row[0]


@pytest.mark.processes
@pytest.mark.once
@pytest.mark.skipif(
    "RECOMMENDER_DATABASE_URL" in os.environ, reason="the shop has a PostgreSQL of its own here"
)
def test_killed_while_it_makes_vectors_and_while_they_take_over_it_goes_on_and_pays_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running() as chat, shops_elsewhere(tmp_path, "shop") as (shop,):
        set_up(shop, chat, monkeypatch)
        add_vector_tables(shop.folder)
        keeper = EmbeddedPostgres.at(shop.folder / "postgres")
        keeper.start()
        shop.run("load_demo", "--folder", goods_alone(tmp_path / "demo"))
        shop.run("catch_up_recommender")
        products = number(shop, OLD)
        monkeypatch.setenv("EMBEDDER", "openai")

        chat.delay = 0.1
        killed_once(shop, NEXT)
        assert number(shop, OLD) == products
        assert number(shop, IN_USE) == "all-minilm-l6-v2"
        made = number(shop, NEXT)
        assert 0 < int(str(made)) < int(str(products))

        with postgres_of(shop) as connection:  # a reader that holds a row: the change waits for it
            connection.execute("SELECT 1 FROM recommender_productentry LIMIT 1 FOR SHARE")
            process = shop.command("rebuild_embeddings")
            while number(shop, WAITING) == 0:
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        assert number(shop, OLD) == products
        assert number(shop, IN_USE) == "all-minilm-l6-v2"

        before = len(chat.texts)
        printed = shop.run("rebuild_embeddings")
        assert re.search(r"To read about [\d,]+ tokens costs about \d\.\d+; of this month's OPENAI_", printed)
        assert "openai:small-embedding in place of all-minilm-l6-v2" in printed
        assert number(shop, OLD) == 0
        assert number(shop, IN_USE) == "openai:small-embedding"
        assert chat.texts[before:] == [rebuilding.PROBE]
        assert "costs" not in shop.run("rebuild_embeddings")  # nothing is left to be read
        keeper.leave()


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE%'"


def set_up(shop: ShopElsewhere, chat: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENAI_BASE_URL": chat.url, "OPENAI_API_KEY": KEY, "OPENAI_EMBEDDING_MODEL": "small-embedding",
        "OPENAI_EMBEDDING_PRICE": "0",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)


def killed_once(shop: ShopElsewhere, made: str) -> None:
    process = shop.command("rebuild_embeddings")
    while number(shop, made) == 0:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
