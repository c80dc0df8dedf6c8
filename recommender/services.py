"""Catching up with the shop: ingest, refresh, label, a batch each, until nothing is left.

Every stage finds its work in the database, so that a run can be killed anywhere and another go on. They take
turns, so that none waits for another's last, and what has just arrived goes before all. One run at a time:
recommender.turns.
"""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from django.conf import settings

from recommender.embedders import working_embedder
from recommender.embedding import Embedder, refuse_a_mismatch
from recommender.exceptions import LabelModelUnusable
from recommender.ingest import Ingested, ingest_changes
from recommender.labelling import PairTagger, label_batch, open_tagger, waiting_reviews
from recommender.models import ProductEntry, ReviewEntry
from recommender.tags import Refreshed, refresh_batch
from recommender.turns import CATCHING_UP, turn

Advance = Callable[[int], object]
Total = Callable[[], int | None]  # counts what there is to do, where that can be known: for those who watch
Watch = Callable[[str, Total], AbstractContextManager[Advance]]  # of a stage, by its name


@contextmanager
def unwatched(stage: str, total: Total) -> Iterator[Advance]:
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
    def watch(stage: str, total: Total) -> Iterator[Advance]:
        yield advance

    return watch


@dataclass(slots=True)
class CaughtUp:
    """What a run did. `is_elsewhere`: another process is catching up, so this one left it alone."""

    ingested: Ingested = field(default_factory=Ingested)
    labelled: int = 0
    refreshed: Refreshed = field(default_factory=Refreshed)
    is_elsewhere: bool = False


def catch_up(
    *, tagger: PairTagger | None = None, embedder: Embedder | None = None, watch: Watch = unwatched
) -> CaughtUp:
    """Bring tags and vectors up to date with the shop.

    Raises EmbedderUnusable or ModelMismatch; and LabelModelUnusable once all else is done: products are found
    without it, and reviews wait.
    """
    unusable: LabelModelUnusable | None = None
    with turn(CATCHING_UP) as is_ours:
        if not is_ours:
            return CaughtUp(is_elsewhere=True)
        done = CaughtUp(ingest(watch=watch))
        try:
            tagger = tagger or open_tagger(settings.LABEL_MODEL_DIR)
        except LabelModelUnusable as error:
            unusable = error
        if ProductEntry.objects.stale().exists() or (tagger and reads_on(tagger)):
            work_off(done, tagger, fitting(embedder), watch)
    if unusable:
        raise unusable
    return done


def ingest(*, watch: Watch = unwatched) -> Ingested:
    """Copy what changed in the shop."""
    with watch("Rows read", lambda: None) as advance:
        return ingest_changes(advance)


def reads_on(tagger: PairTagger) -> bool:
    return waiting_reviews(tagger.model_version).exists()


def work_off(done: CaughtUp, tagger: PairTagger | None, embedder: Embedder, watch: Watch) -> None:
    """Refresh and label, adding to `done`, until nothing has arrived in the meantime, either.

    Products first: a run that was killed between the two goes on in the same order. Time is looked at once a
    round, so that neither is cut short each time. Without a tagger reviews wait.
    """

    def label(among: Collection[int] | None = None) -> int:
        return label_batch(tagger, embedder, among) if tagger else 0

    def refresh(among: Collection[int] | None = None) -> int:
        return refresh_batch(embedder, done.refreshed, among)

    def reviews_waiting() -> int:
        return ReviewEntry.objects.to_label(tagger.model_version).count() if tagger else 0

    def products_waiting() -> int | None:
        """Unknown while reviews wait, each of which has its product refreshed again."""
        return None if tagger and reads_on(tagger) else ProductEntry.objects.stale().count()

    arrived = done.ingested
    with (
        watch("Reviews labelled", reviews_waiting) as labelled,
        watch("Products refreshed", products_waiting) as refreshed,
    ):
        while True:
            reviews, products = label(arrived.review_ids), refresh(arrived.product_ids)
            products += refresh()
            reviews += label()
            done.labelled += reviews
            labelled(reviews)
            refreshed(products)
            arrived = ingest(watch=watch)
            done.ingested += arrived
            if not (reviews or products or arrived):
                return


def load_models() -> None:
    """Read the models now, so that the first review does not wait for them."""
    open_tagger(settings.LABEL_MODEL_DIR)
    fitting(None)


def fitting(embedder: Embedder | None) -> Embedder:
    embedder = embedder or working_embedder()
    refuse_a_mismatch(embedder)
    return embedder
