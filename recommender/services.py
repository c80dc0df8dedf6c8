"""Catching up with the shop: ingest, label, refresh, until nothing is left.

Every stage finds its work in the database, so that a run can be killed anywhere and another go on. One run
at a time: recommender.turns.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from django.conf import settings

from recommender.embedders import working_embedder
from recommender.embedding import Embedder, refuse_a_mismatch
from recommender.exceptions import LabelModelUnusable
from recommender.ingest import Ingested, ingest_changes
from recommender.labelling import PairTagger, label_batch, open_tagger
from recommender.models import ProductEntry, ReviewEntry
from recommender.tags import Refreshed, refresh_batch
from recommender.turns import CATCHING_UP, turn

Advance = Callable[[int], object]
Watch = Callable[[str, int | None], AbstractContextManager[Advance]]  # a stage's name and size, where known


@contextmanager
def unwatched(stage: str, total: int | None) -> Iterator[Advance]:
    """For work whose progress nobody follows."""
    yield lambda done: None


class EnoughForNow(Exception):
    """The time for this turn is over; what was done is stored."""


def working_for(seconds: float) -> Watch:
    """Ends the work between two batches once `seconds` are over, by raising EnoughForNow."""
    deadline = time.monotonic() + seconds

    def advance(done: int) -> None:
        if time.monotonic() > deadline:
            raise EnoughForNow

    @contextmanager
    def watch(stage: str, total: int | None) -> Iterator[Advance]:
        yield advance

    return watch


@dataclass(slots=True)
class CaughtUp:
    """What a run did. `is_elsewhere`: another process is catching up, so this one left it alone."""

    ingested: Ingested = field(default_factory=Ingested)
    labelled: int = 0
    refreshed: Refreshed = field(default_factory=Refreshed)
    is_elsewhere: bool = False

    def add(self, ingested: Ingested, labelled: int, refreshed: Refreshed) -> None:
        self.ingested += ingested
        self.labelled += labelled
        self.refreshed += refreshed


def catch_up(
    *, tagger: PairTagger | None = None, embedder: Embedder | None = None, watch: Watch = unwatched
) -> CaughtUp:
    """Bring tags and vectors up to date with the shop.

    Raises EmbedderUnusable or ModelMismatch; and LabelModelUnusable once all else is done: products are found
    without it, and reviews wait.
    """
    done = CaughtUp()
    unusable: LabelModelUnusable | None = None
    with turn(CATCHING_UP) as is_ours:
        done.is_elsewhere = not is_ours
        while is_ours:
            ingested = ingest(watch=watch)
            try:
                labelled = label_pending(tagger=tagger, embedder=embedder, watch=watch)
            except LabelModelUnusable as error:
                labelled, unusable = 0, error
            refreshed = refresh_products(embedder=embedder, watch=watch)
            done.add(ingested, labelled, refreshed)
            if not (ingested or labelled or refreshed.products):
                break
    if unusable:
        raise unusable
    return done


def ingest(*, watch: Watch = unwatched) -> Ingested:
    """Copy what changed in the shop."""
    with watch("Rows read", None) as advance:
        return ingest_changes(advance)


def label_pending(
    *, tagger: PairTagger | None = None, embedder: Embedder | None = None, watch: Watch = unwatched
) -> int:
    """Label every review that this version of the model has not read. Returns how many there were."""
    tagger = tagger or open_tagger(settings.LABEL_MODEL_DIR)
    total = ReviewEntry.objects.to_label(tagger.model_version).count()
    if not total:
        return 0
    embedder = fitting(embedder)
    labelled = 0
    with watch("Reviews labelled", total) as advance:
        while count := label_batch(tagger, embedder):
            labelled += count
            advance(count)
    return labelled


def refresh_products(*, embedder: Embedder | None = None, watch: Watch = unwatched) -> Refreshed:
    """Cluster, embed and publish every stale product."""
    refreshed = Refreshed()
    total = ProductEntry.objects.stale().count()
    if not total:
        return refreshed
    embedder = fitting(embedder)
    with watch("Products refreshed", total) as advance:
        while count := refresh_batch(embedder, refreshed):
            advance(count)
    return refreshed


def load_models() -> None:
    """Read the models now, so that the first review does not wait for them."""
    open_tagger(settings.LABEL_MODEL_DIR)
    fitting(None)


def fitting(embedder: Embedder | None) -> Embedder:
    embedder = embedder or working_embedder()
    refuse_a_mismatch(embedder)
    return embedder
