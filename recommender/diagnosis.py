"""What may be wrong with the recommender, and what to do about it: a check each, a sentence each."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet
from django.utils import timezone

from recommender import heartbeat, learning, weights
from recommender.embedders import embedder_in_use, embedder_wanted
from recommender.exceptions import BehaviourUnreadable
from recommender.labelling import open_tagger
from recommender.models import FeedCursor, Interaction, ProductEntry, ReviewEntry
from recommender.reporting import reviews_to_read
from recommender.turns import LEARNING, turn
from shop.selectors import feed
from shop.selectors.feed import FeedPosition

SILENT = 60.0  # seconds without a beat after which the worker is taken to be gone
OVERDUE = 60.0  # seconds after which a change that nobody has read is stuck
STALE = learning.LONG + learning.LONG / 2  # a version older than this, with something new, is stale
PATIENCE = 10.0  # seconds that products and reviews may wait, none of them renewed, while we look
LOOKING = 0.5  # seconds between two looks
LEAST_PGVECTOR = (0, 8)
CONNECTING = 3  # seconds
PROBE = "great taste"


class Verdict(Enum):
    FINE = "ok"
    WRONG = "WRONG"
    UNKNOWN = "-"  # cannot be looked at, since something above is wrong


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    verdict: Verdict
    sentence: str


class Wrong(Exception):
    """Says what is wrong and what to do."""


Check = Callable[[], str]  # a sentence where all is well; raises Wrong, or what went wrong


@dataclass(frozen=True, slots=True)
class Examined:
    """A check with the advice for what it did not foresee, and what has to be well for it."""

    subject: str
    check: Check
    otherwise: str
    needs: tuple[str, ...] = ()


def diagnosis() -> Iterator[Finding]:
    """A finding for each check, in the order in which one thing stands on another."""
    failed: set[str] = set()
    for one in CHECKS:
        if broken := [name for name in one.needs if name in failed]:
            failed.add(one.subject)
            yield Finding(one.subject, Verdict.UNKNOWN, f"not looked at: see {broken[0]}.")
            continue
        try:
            yield Finding(one.subject, Verdict.FINE, one.check())
        except Wrong as error:
            failed.add(one.subject)
            yield Finding(one.subject, Verdict.WRONG, str(error))
        except ImproperlyConfigured as error:  # says what to do, in as many lines as it needs
            failed.add(one.subject)
            yield Finding(one.subject, Verdict.WRONG, " ".join(str(error).split()))
        except Exception as error:  # a check that breaks is a finding, and the others go on
            failed.add(one.subject)
            yield Finding(one.subject, Verdict.WRONG, f"{first_line(error)} {one.otherwise}")


def first_line(error: Exception) -> str:
    return (str(error).strip().partition("\n")[0] or type(error).__name__).rstrip(".") + "."


def shop_database() -> str:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1")
    return "answers."


def postgresql() -> str:
    with connections["recommender"].cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]} answers."


def pgvector() -> str:
    found = rows("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    if not found:
        raise Wrong(
            "the extension is not in this database: install pgvector 0.8 or later on the server, then "
            "CREATE EXTENSION vector, or run manage.py migrate --database=recommender as a user who may."
        )
    version = found[0][0]
    if tuple(int(part) for part in version.split(".")[:2]) < LEAST_PGVECTOR:
        raise Wrong(
            f"version {version} has no iterative scans: ALTER EXTENSION vector UPDATE to 0.8 or later."
        )
    return f"version {version}."


def shop_tables() -> str:
    return tables_in("default", "run manage.py migrate.")


def tables() -> str:
    return tables_in("recommender", "run manage.py migrate --database=recommender.")


def tables_in(alias: str, advice: str) -> str:
    """Those of the models, after all migrations that concern this database."""
    executor = MigrationExecutor(connections[alias])
    ahead = [
        f"{migration.app_label}.{migration.name}"
        for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())
        if router.allow_migrate(alias, migration.app_label)
    ]
    if ahead:
        raise Wrong(f"they are not there or not of this version, {ahead[0]} is not applied: {advice}")
    wanted = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and router.allow_migrate_model(alias, model)
    }
    if missing := sorted(wanted - set(connections[alias].introspection.table_names())):
        raise Wrong(
            f"{', '.join(missing)} is missing, though all migrations are applied: restore a backup, or name "
            f"an empty database and {advice}"
        )
    return "are there."


def broker() -> str:
    if settings.CELERY_BROKER_URL == "folder://":
        folder = Path(settings.BROKER_DIR)
        if not (folder.is_dir() and os.access(folder, os.W_OK)):
            raise Wrong(
                f"{folder} is no folder that can be written: make it, or set BROKER_DIR or CELERY_BROKER_URL."
            )
        return f"the folder {folder} can be written."
    with current_app.connection_for_write(connect_timeout=CONNECTING) as connection:
        connection.ensure_connection(max_retries=1, timeout=CONNECTING)
    return "answers."


def worker() -> str:
    since = heartbeat.seconds_since_beat()
    if since is None or since > SILENT:
        last = "has never had a turn" if since is None else f"had its last turn {since:,.0f} s ago"
        raise Wrong(
            f"it {last}: start it, as in `celery -A config.celery worker --beat`, or see its log. "
            "Until then manage.py catch_up_recommender does its work."
        )
    if since < -heartbeat.EACH:
        raise Wrong(
            f"its last turn is noted {-since:,.0f} s from now: set the clocks of this machine and of the "
            "worker's alike; until then nobody can tell whether it is there."
        )
    return f"had its last turn {max(0.0, since):.0f} s ago."


def label_model() -> str:
    """Loads it, as the worker does."""
    tagger = open_tagger(settings.LABEL_MODEL_DIR)
    return f"{tagger.model_version} of {settings.LABEL_MODEL_DIR} can be loaded."


def sentence_encoder() -> str:
    """The one whose vectors are searched has to answer, and to be the one that EMBEDDER names."""
    embedder = embedder_in_use()
    embedder.embed([PROBE])
    wanted = embedder_wanted(seconds=settings.CHAT_TIMEOUT_MS / 1000)
    if wanted.model_version != embedder.model_version:
        raise Wrong(
            f"EMBEDDER={settings.EMBEDDER} names {wanted.model_version}, and the vectors in use are of "
            f"{embedder.model_version}: run manage.py rebuild_embeddings, or name that one again."
        )
    return f"{embedder.model_version}, which EMBEDDER={settings.EMBEDDER} names, answers."


def vector_sizes() -> str:
    """Of the encoder whose vectors are searched, and of each column."""
    size = embedder_in_use().dimensions
    columns = rows(
        "SELECT attrelid::regclass::text, atttypmod FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid"
        " WHERE typname = 'halfvec' AND attrelid IN"
        " ('recommender_productentry'::regclass, 'recommender_label'::regclass)"
    )
    if others := sorted(f"{table} {held}" for table, held in columns if held != size):
        raise Wrong(
            f"the encoder's vectors have {size} dimensions, the columns of {', '.join(others)}: choose a "
            "backup to restore, or an empty database for RECOMMENDER_DATABASE_URL, and run manage.py migrate "
            "--database=recommender and manage.py catch_up_recommender, which makes all vectors anew."
        )
    return f"{size} dimensions, in the database too."


def cursors() -> str:
    """Nobody reads what is older than OVERDUE and behind no cursor; what was passed over is not seen."""
    reached = {cursor.feed: cursor.position for cursor in FeedCursor.objects.all()}
    for name, changed in (("products", feed.changed_products), ("reviews", feed.changed_reviews)):
        unread = changed(reached.get(name, FeedPosition()), 1)
        if unread:
            age = (timezone.now() - unread[0].position.changed_at).total_seconds()
            if age > OVERDUE:
                raise Wrong(
                    f"that of the {name} stands before a change {age:,.0f} s old, and the worker does not "
                    "get past it: run manage.py catch_up_recommender, which says why."
                )
    return "nothing waits to be read."


def tags() -> str:
    """Nobody works off what waits where its number stays the same for a while."""
    reviews = reviews_to_read()
    before = now = waiting(reviews)
    deadline = time.monotonic() + PATIENCE
    while now == before and any(now) and time.monotonic() < deadline:
        time.sleep(LOOKING)
        now = waiting(reviews)
    if not any(now):
        return "all are published."
    if now == before:
        raise Wrong(
            f"{sum(now):,} products or reviews wait to be labelled and published, and nobody gets to "
            "them: run manage.py catch_up_recommender, which says why or does it."
        )
    return f"{sum(now):,} products or reviews wait to be labelled and published, and are being worked off."


def waiting(reviews: "QuerySet[ReviewEntry]") -> tuple[int, int]:
    """How many products, and how many of these reviews."""
    return ProductEntry.objects.stale().count(), reviews.count()


def behaviour() -> str:
    vain = learning.attempts_in_vain(settings.BEHAVIOUR_DIR)
    with turn(LEARNING) as nobody_learns:
        if vain and nobody_learns:
            raise Wrong(
                f"learning was begun {vain.count:,} times and did not end, the last time at "
                f"{vain.last_at:%Y-%m-%d %H:%M} UTC: see whether memory ran out, and run manage.py "
                f"fit_behaviour, which says more. The worker waits until {vain.rests_until:%H:%M} UTC."
            )
    versions = weights.versions(settings.BEHAVIOUR_DIR)
    if not versions:
        if Interaction.objects.exists():
            raise Wrong(
                f"nothing is learnt yet in {settings.BEHAVIOUR_DIR}, though shoppers touched products: "
                "run manage.py fit_behaviour."
            )
        return "nothing is learnt yet, and there is nothing to learn from."
    try:
        fitted = weights.read(versions[0]).fitted
    except BehaviourUnreadable as error:
        raise Wrong(str(error)) from error
    age = timezone.now() - fitted.fitted_at
    if age > STALE and Interaction.objects.filter(pk__gt=fitted.up_to).exists():
        raise Wrong(
            f"the last version is of {fitted.fitted_at:%Y-%m-%d %H:%M} UTC, and more is known since: "
            "run manage.py fit_behaviour; the worker should have."
        )
    return f"learnt on {fitted.fitted_at:%Y-%m-%d %H:%M} UTC from {fitted.interactions:,} touches."


def rows(statement: str) -> list[tuple[Any, ...]]:
    with connections["recommender"].cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


IN_POSTGRES = ("PostgreSQL", "pgvector", "tables")
CHECKS = (
    Examined("shop's database", shop_database, "See that it runs and that DATABASE_URL names it."),
    Examined("shop's tables", shop_tables, "Run manage.py migrate.", ("shop's database",)),
    Examined("PostgreSQL", postgresql, "See that it runs and that RECOMMENDER_DATABASE_URL names it."),
    Examined("pgvector", pgvector, "", IN_POSTGRES[:1]),
    Examined("tables", tables, "Run manage.py migrate --database=recommender.", IN_POSTGRES[:2]),
    Examined("broker", broker, "See that it runs and that CELERY_BROKER_URL names it."),
    Examined("worker", worker, "See that CACHE_URL names a cache that answers."),
    Examined("label model", label_model, "Or set LABEL_MODEL_DIR to one that is whole."),
    Examined("sentence encoder", sentence_encoder, "See EMBEDDER and what it needs.", IN_POSTGRES),
    Examined("vector sizes", vector_sizes, "", (*IN_POSTGRES, "sentence encoder")),
    Examined("cursors", cursors, "", ("shop's tables", *IN_POSTGRES)),
    Examined("tags", tags, "", IN_POSTGRES),
    Examined("behaviour", behaviour, f"See that {settings.BEHAVIOUR_DIR} can be read.", IN_POSTGRES),
)  # fmt: skip
