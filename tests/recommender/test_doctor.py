"""`manage.py doctor` names what is really broken, says what to do, and exits with 1."""

import os
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from recommender import diagnosis, heartbeat, learning, weights
from recommender.chat import embedder as chat_embedder
from recommender.chat.breaker import Breaker
from recommender.embedders import put_in_use
from recommender.embedding import default_embedder
from recommender.exceptions import ModelMismatch
from recommender.kept import Kept
from recommender.learning import learn
from recommender.models import FeedCursor, Interaction, ProductEntry
from recommender.services import catch_up
from recommender.tasks import catch_up as turn_of_the_worker
from recommender.word_vectors import WordVectors
from shop.models import Product
from shop.selectors.history import Viewer
from shop.services.history import record_view
from tests.chat_server import KEY, running
from tests.elsewhere import shops_elsewhere
from tests.recommender.taggers import WordTagger
from tests.shop.builders import a_customer, a_product, a_review
from tests.tables import ROOT

pytestmark = pytest.mark.django_db

HOME = """
import os, django
django.setup()
from django.test import Client
answer = Client().get("/", headers={"accept-language": "en", "host": "localhost"})
page = answer.content.decode()
print(answer.status_code, page.count('<article class="card">'), "Four to begin with" in page)
"""


@pytest.fixture(autouse=True)
def well(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Everything in order: a broker's folder, a worker that beats, nothing that waits."""
    settings.BEHAVIOUR_DIR = tmp_path / "behaviour"
    settings.CELERY_BROKER_URL = "folder://"
    settings.BROKER_DIR = tmp_path
    monkeypatch.setattr(diagnosis, "PATIENCE", 0.0)
    monkeypatch.setattr(heartbeat, "_written_at", 0.0)
    heartbeat.beat()


def told() -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and by subject the verdict and the sentence."""
    printed, code = StringIO(), 0
    try:
        call_command("doctor", stdout=printed)
    except SystemExit as exit_:
        code = int(str(exit_.code))
    *lines, _ = printed.getvalue().splitlines()
    found = {}
    for line in lines:
        verdict, rest = line[:5].strip(), line[7:]
        subject, sentence = rest.split("  ", 1)
        found[subject.strip()] = (verdict, sentence.strip())
    return code, found


def wrong() -> dict[str, str]:
    code, found = told()
    named = {subject: sentence for subject, (verdict, sentence) in found.items() if verdict == "WRONG"}
    assert code == (1 if named else 0)
    return named


def sql(statement: str) -> None:
    with connections["recommender"].cursor() as cursor:
        cursor.execute(statement)


def test_where_all_is_well_it_says_so() -> None:
    code, found = told()
    assert code == 0
    assert {verdict for verdict, _ in found.values()} == {"ok"}
    assert list(found) == [one.subject for one in diagnosis.CHECKS]


def test_a_worker_that_never_came_or_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.delete(heartbeat.KEY)
    assert wrong()["worker"].startswith("it has never had a turn: start it")
    cache.set(heartbeat.KEY, timezone.now().timestamp() - 90)
    assert wrong()["worker"].startswith("it had its last turn 90 s ago: start it")
    monkeypatch.setattr(heartbeat, "_written_at", 0.0)
    turn_of_the_worker()
    assert wrong() == {}


def test_a_broker_whose_folder_is_gone(settings: Settings, tmp_path: Path) -> None:
    settings.BROKER_DIR = tmp_path / "gone"
    assert "is no folder that can be written" in wrong()["broker"]


def test_pgvector_that_is_missing_or_old() -> None:
    sql("UPDATE pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'")
    assert wrong() == {
        "pgvector": "version 0.7.4 has no iterative scans: ALTER EXTENSION vector UPDATE to 0.8 or later."
    }
    sql("DROP EXTENSION vector CASCADE")
    assert "CREATE EXTENSION vector" in wrong()["pgvector"]


def test_tables_that_are_not_there() -> None:
    sql("DROP TABLE recommender_placement")
    code, found = told()
    assert code == 1
    assert "migrate --database=recommender" in found["tables"][1]
    assert found["tags"] == ("-", "not looked at: see tables.")


def test_any_table_that_is_missing_is_named() -> None:
    sql("DROP TABLE recommender_interaction CASCADE")
    assert told()[1]["tables"] == (
        "WRONG",
        "recommender_interaction is missing, though all migrations are applied: restore a backup, or name an "
        "empty database and run manage.py migrate --database=recommender.",
    )


def test_a_migration_that_is_not_applied_is_named() -> None:
    last = unapplied("recommender", "recommender")
    assert f"{last} is not applied: run manage.py migrate --database=recommender." in wrong()["tables"]
    last = unapplied("default", "loans")
    assert f"{last} is not applied: run manage.py migrate." in wrong()["shop's tables"]
    assert told()[1]["cursors"] == ("-", "not looked at: see shop's tables.")


def unapplied(alias: str, app: str) -> str:
    """The last migration of the app, which the database now does not know."""
    applied = MigrationRecorder(connections[alias]).migration_qs.filter(app=app).order_by("name")
    last = applied[applied.count() - 1]
    last.delete()
    return f"{app}.{last.name}"


def test_a_worker_whose_clock_is_ahead_is_not_taken_to_be_there() -> None:
    cache.set(heartbeat.KEY, timezone.now().timestamp() + 3_000)
    assert wrong()["worker"].startswith("its last turn is noted 3,000 s from now: set the clocks")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("absent", "there is no such directory"),
        ("cut", "it is damaged"),
        ("lacking", "labels.json is missing"),
    ],
)
def test_a_label_model_that_is_absent_or_damaged(
    settings: Settings, tmp_path: Path, damage: str, sentence: str
) -> None:
    directory = tmp_path / damage
    if damage != "absent":
        shutil.copytree(settings.LABEL_MODEL_DIR, directory)
    if damage == "cut":
        whole = (directory / "weights.safetensors").read_bytes()
        (directory / "weights.safetensors").write_bytes(whole[: len(whole) // 2])
    if damage == "lacking":
        (directory / "labels.json").unlink()
    settings.LABEL_MODEL_DIR = directory
    told_of_it = wrong()["label model"]
    assert sentence in told_of_it
    assert told_of_it.count("train_seq2label") == 1  # how to train one is said once


def test_the_encoder_that_embedder_names_is_looked_at(settings: Settings) -> None:
    assert told()[1]["sentence encoder"][1].startswith("all-minilm-l6-v2, which EMBEDDER=minilm names")
    settings.EMBEDDER = "word2vec"
    version = WordVectors.load(settings.LABEL_MODEL_DIR).model_version
    assert told()[1]["sentence encoder"] == ("ok", f"{version}, which EMBEDDER=word2vec names, answers.")
    settings.LABEL_MODEL_DIR = Path("/nowhere")
    assert "/nowhere" in wrong()["sentence encoder"]
    settings.EMBEDDER, settings.OPENAI_API_KEY = "openai", ""
    assert "OPENAI_API_KEY" in wrong()["sentence encoder"]


def test_vectors_of_another_encoder_than_embedder_names(settings: Settings) -> None:
    put_in_use(default_embedder())
    settings.EMBEDDER = "word2vec"
    version = WordVectors.load(settings.LABEL_MODEL_DIR).model_version
    assert wrong()["sentence encoder"] == (
        f"EMBEDDER=word2vec names {version}, and the vectors in use are of all-minilm-l6-v2: "
        "run manage.py rebuild_embeddings, or name that one again."
    )


@pytest.mark.django_db(transaction=True)
def test_a_server_of_vectors_is_asked_for_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_embedder, "kept", Kept(chat_embedder.MOST_KEPT))
    monkeypatch.setattr(chat_embedder, "breaker", Breaker())
    settings.EMBEDDER, settings.OPENAI_API_KEY = "openai", KEY
    settings.CHAT_TIMEOUT_MS = 20_000
    settings.OPENAI_EMBEDDING_MODEL = "small-embedding"
    settings.OPENAI_EMBEDDING_PRICE = (Decimal(20), Decimal(0))
    with running() as server:
        settings.OPENAI_BASE_URL = server.url
        sentence = "openai:small-embedding, which EMBEDDER=openai names, answers."
        assert told()[1]["sentence encoder"] == ("ok", sentence)
        assert server.texts == [diagnosis.PROBE]
    monkeypatch.setattr(chat_embedder, "kept", Kept(chat_embedder.MOST_KEPT))
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"  # where nothing listens
    assert wrong()["sentence encoder"].endswith("See EMBEDDER and what it needs.")


def test_columns_for_vectors_of_another_size() -> None:
    sql("ALTER TABLE recommender_label ALTER COLUMN embedding TYPE halfvec(256)")
    found = wrong()
    assert list(found) == ["vector sizes"]
    assert "have 384 dimensions, the columns of recommender_label 256: choose" in found["vector sizes"]


def test_an_encoder_of_another_size_stops_the_worker_before_it_writes() -> None:
    class Small:
        model_version, dimensions = "small", 8

    a_review(a_product(), body="tasty")
    with pytest.raises(ModelMismatch, match="have 8 dimensions, the database has room for 384"):
        catch_up(tagger=WordTagger(), embedder=Small())  # type: ignore[arg-type]
    assert not ProductEntry.objects.exclude(embedding=None).exists()


def test_a_cursor_that_stands_still() -> None:
    product = a_product()
    catch_up(tagger=WordTagger())
    assert wrong() == {}
    Product.objects.filter(pk=product.pk).update(changed_at=timezone.now() - timedelta(seconds=70))
    FeedCursor.objects.filter(feed="products").update(changed_at=timezone.now() - timedelta(hours=1))
    assert "that of the products stands before a change 70 s old" in wrong()["cursors"]


def test_tags_that_nobody_publishes() -> None:
    product = a_product()
    catch_up(tagger=WordTagger())
    ProductEntry.objects.mark_stale([product.pk])
    assert "1 products or reviews wait to be labelled and published" in wrong()["tags"]


def test_tags_that_are_being_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is at it is not called for, however much is left."""
    products = [a_product().pk for _ in range(3)]
    catch_up(tagger=WordTagger())
    ProductEntry.objects.mark_stale(products)
    monkeypatch.setattr(diagnosis, "PATIENCE", 60.0)
    fresh = ProductEntry.objects.filter(pk=products[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: fresh.update(published_revision=F("revision")))
    assert told()[1]["tags"] == (
        "ok", "2 products or reviews wait to be labelled and published, and are being worked off.",
    )  # fmt: skip


def test_reviews_that_another_model_has_read() -> None:
    a_review(a_product(), body="tasty")
    catch_up(tagger=WordTagger())
    assert "1 products or reviews wait to be labelled and published" in wrong()["tags"]


def test_a_behaviour_model_that_is_missing_damaged_or_old(settings: Settings) -> None:
    record_view(viewer=Viewer(customer_id=a_customer().pk), product=a_product())
    learn()
    catch_up(tagger=WordTagger())
    assert wrong() == {}
    [path] = weights.versions(settings.BEHAVIOUR_DIR)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert "cannot be read as a behaviour model" in wrong()["behaviour"]
    path.unlink()
    assert "nothing is learnt yet" in wrong()["behaviour"]
    path.write_bytes(whole)
    fitted = weights.read(path)
    old = weights.Fitted("20260101T000000000000-aaaaaa", timezone.now() - timedelta(days=2), 1, 0, "dense")
    path.unlink()
    weights.store(
        settings.BEHAVIOUR_DIR,
        weights.Weights(
            old, fitted.product_ids, fitted.support, fitted.starts, fitted.columns, fitted.values
        ),
    )
    assert Interaction.objects.count() == 1
    assert "run manage.py fit_behaviour; the worker should have" in wrong()["behaviour"]


def test_learning_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    record_view(viewer=Viewer(customer_id=a_customer().pk), product=a_product())
    catch_up(tagger=WordTagger())

    def out_of_memory(*arguments: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(learning, "fit", out_of_memory)
        for _ in range(2):
            with pytest.raises(MemoryError):
                learn()
    assert "learning was begun 2 times and did not end" in wrong()["behaviour"]
    learn()
    assert wrong() == {}


@pytest.mark.processes
def test_a_cluster_that_is_broken_says_why_and_where_its_log_is(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("9.1\n")
    variables = os.environ | {
        "VAR_DIR": str(tmp_path), "RECOMMENDER_DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    lines = run("manage.py", "doctor", variables=variables).stdout.splitlines()
    [line] = [line for line in lines if "PostgreSQL  " in line]
    assert "failed at pg_ctl: " in line
    assert (
        f"Its log is {tmp_path / 'postgres' / 'log' / 'postgres.log'}. Set RECOMMENDER_DATABASE_URL" in line
    )


@pytest.mark.processes
def test_postgresql_and_a_broker_that_are_down_and_a_shop_that_is_whole(tmp_path: Path) -> None:
    with shops_elsewhere(tmp_path, "alone") as (shop,):
        shop.run("load_demo")
        variables = shop.environment | {
            "RECOMMENDER_DATABASE_URL": "postgres://larder:x@127.0.0.1:9/larder",
            "CELERY_BROKER_URL": "amqp://127.0.0.1:9//",
            "CACHE_URL": "",
        }
        doctor = run("manage.py", "doctor", variables=variables)
        assert doctor.returncode == 1
        lines = {line[7:24].strip(): line for line in doctor.stdout.splitlines()}
        assert lines["PostgreSQL"].startswith("WRONG")
        assert "See that it runs and that RECOMMENDER_DATABASE_URL names it." in lines["PostgreSQL"]
        assert lines["broker"].startswith("WRONG")
        assert "See that it runs and that CELERY_BROKER_URL names it." in lines["broker"]
        assert lines["tags"] == "-      tags              not looked at: see PostgreSQL."
        assert lines["shop's database"].startswith("ok")
        home = run("-c", HOME, variables=variables)
        assert home.stdout.split() == ["200", "20", "True"], home.stderr


def run(*arguments: str, variables: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
