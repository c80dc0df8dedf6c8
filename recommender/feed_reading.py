"""Reading a feed of the shop on from its cursor, for all that copies one.

The rows of a batch and the cursor behind them are stored in one transaction, so a kill leaves either both or
neither. Rows commit out of order: what may have been missing when the feed was last read is read again, and
rows that say nothing new are for `store` to pass over.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from django.db import transaction
from django.utils import timezone

from recommender.models import FeedCursor
from shop.selectors.feed import FeedPosition

BATCH_SIZE = 1000


class Positioned(Protocol):
    @property
    def position(self) -> FeedPosition: ...


RowT = TypeVar("RowT", bound=Positioned)
Changed = Callable[[FeedPosition, int], list[RowT]]
Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a reading left the cursor, and when it began."""

    reached: FeedPosition
    began_at: datetime


_latest: dict[str, Reading] = {}  # of this process, by feed


def read_on(
    feed: str, changed: Changed[RowT], store: Callable[[Sequence[RowT]], Collection[int]], progress: Progress
) -> list[int]:
    """Read a feed to its end. Returns the ids that `store` says were new or changed.

    No reading takes the cursor beyond its own beginning: who finds it there knows when it was read at least.
    """
    began_at = timezone.now()
    cursor = FeedCursor.objects.filter(feed=feed).first()
    reached = cursor.position if cursor else FeedPosition()
    stored: list[int] = []
    for rows in batches(changed, reached.rewound(read_at(feed, reached))):
        with transaction.atomic(using="recommender"):
            stored += store(rows)
            last = min(rows[-1].position, FeedPosition(began_at))
            if last > reached:
                FeedCursor.objects.update_or_create(
                    feed=feed, defaults={"changed_at": last.changed_at, "row_id": last.row_id}
                )
        if last >= reached:
            reached = last
            _latest[feed] = Reading(reached, began_at)  # so far: `progress` may end it
        progress(len(rows))
    _latest[feed] = Reading(reached, began_at)
    return stored


def read_at(feed: str, reached: FeedPosition) -> datetime:
    """When the feed was read up to there by this process, or at the earliest by another."""
    latest = _latest.get(feed)
    return latest.began_at if latest and latest.reached == reached else reached.changed_at


def batches(changed: Changed[RowT], position: FeedPosition) -> Iterator[list[RowT]]:
    while rows := changed(position, BATCH_SIZE):
        yield rows
        position = rows[-1].position
        if len(rows) < BATCH_SIZE:
            return
