"""Who touched what: copied from the shop's feed, kept while the shop keeps it, made ready to learn from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby
from operator import itemgetter

import numpy as np
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from recommender.behaviour import Integers, Interactions
from recommender.feed_reading import BATCH_SIZE, read_on
from recommender.models import FeedCursor, Interaction
from shop.selectors import feed
from shop.selectors.feed import TouchRow
from shop.selectors.touched import TouchKind

MOST_EVENTS = 200  # of one shopper, the latest: a robot's ten thousand would be a hundred million pairs
DAY = 86_400
COLUMNS = np.dtype(
    [("shopper", np.int64), ("product_id", np.int64), ("day", np.int64), ("strength", np.float32)]
)
ROUND = "touches that remain"  # among the cursors: how far the last look at all of them came
# How much a touch tells beside a purchase. Chosen by reasoning: no public history has all four.
STRENGTHS = {
    TouchKind.VIEWED: 0.2,
    TouchKind.CARTED: 0.5,
    TouchKind.BOUGHT: 1.0,
    TouchKind.PRAISED: 1.0,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is there to learn from. `up_to` is the id of the last interaction."""

    count: int
    up_to: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """Interactions with the ids of their products, by number, sorted."""

    events: Interactions
    product_ids: Integers
    known: Known


def ingest_touches(progress: Callable[[int], object] = lambda rows: None) -> int:
    """Copy what shoppers touched since the last time. Returns how many interactions were new or changed."""
    return sum(
        len(read_on(kind.value, partial(feed.new_touches, kind), store, progress)) for kind in TouchKind
    )


def store(rows: Sequence[TouchRow]) -> list[int]:
    """Upsert, each on the row of the shop that it copies. Returns the ids of those whose copy changed."""
    entries = {
        row.source_id: Interaction(
            kind=row.kind.value, source_id=row.source_id, shopper=row.shopper, product_id=row.product_id,
            at=row.at,
        )
        for row in rows
    }  # fmt: skip
    known = {
        entry.source_id: entry
        for entry in Interaction.objects.filter(kind=rows[0].kind.value, source_id__in=list(entries))
    }
    changed = [entry for key, entry in entries.items() if key not in known or differs(entry, known[key])]
    Interaction.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["kind", "source_id"],
        update_fields=["shopper", "product_id", "at"],
    )
    return [entry.source_id for entry in changed]


def differs(one: Interaction, other: Interaction) -> bool:
    return (one.shopper, one.product_id, one.at) != (other.shopper, other.product_id, other.at)


def forget_what_is_gone(progress: Callable[[int], object] = lambda rows: None) -> int:
    """Drop what the shop no longer has: an erased history, a returned order, the account of who has gone.

    And what a guest looked at before logging in becomes the customer's here, too. One round over all, from
    where the last one ended, which `progress` may have broken off. Returns how many were dropped.
    """
    round_, _ = FeedCursor.objects.get_or_create(
        feed=ROUND, defaults={"changed_at": timezone.now(), "row_id": 0}
    )
    begun, forgotten = round_.row_id, 0
    later, earlier = Interaction.objects.filter(pk__gt=begun), Interaction.objects.filter(pk__lte=begun)
    for rows in chain(_in_batches(later), _in_batches(earlier)):
        forgotten += _as_in_the_shop(rows)
        FeedCursor.objects.filter(pk=ROUND).update(changed_at=timezone.now(), row_id=rows[-1].pk)
        progress(len(rows))
    return forgotten


def _in_batches(interactions: "QuerySet[Interaction]") -> Iterator[list[Interaction]]:
    last = 0
    while rows := list(interactions.filter(pk__gt=last).order_by("pk")[:BATCH_SIZE]):
        yield rows
        last = rows[-1].pk


def _as_in_the_shop(rows: list[Interaction]) -> int:
    """Returns how many of them were dropped."""
    gone, moved = [], []
    for kind in TouchKind:
        ours = {row.source_id: row for row in rows if row.kind == kind}
        whose = feed.touches_that_remain(kind, list(ours)) if ours else {}
        gone += [row.pk for source_id, row in ours.items() if source_id not in whose]
        for source_id, shopper in whose.items():
            if ours[source_id].shopper != shopper:
                ours[source_id].shopper = shopper
                moved.append(ours[source_id])
    Interaction.objects.filter(pk__in=gone).delete()
    Interaction.objects.bulk_update(moved, ["shopper"])
    return len(gone)


def known() -> Known:
    found = Interaction.objects.aggregate(count=Count("pk"), last=Max("pk"))
    return Known(found["count"], int(found["last"] or 0))


def lesson() -> Lesson:
    """All of them as behaviour is learnt from: a shopper and a product once, by its strongest touch."""
    there = known()
    rows = np.fromiter(_strongest(there.up_to), COLUMNS)
    product_ids, items = np.unique(rows["product_id"], return_inverse=True)
    users = rows["shopper"]
    events = Interactions(
        users, items, rows["day"], int(users.max(initial=-1)) + 1, len(product_ids), rows["strength"]
    )
    return Lesson(events, product_ids, there)


def _strongest(last: int) -> Iterator[tuple[int, int, int, float]]:
    """As COLUMNS, sorted by shopper and day; the latest of each shopper, who are read one after another."""
    rows = Interaction.objects.filter(pk__lte=last).order_by("shopper")
    touches = rows.values_list("shopper", "product_id", "kind", "at").iterator()
    for number, (_, theirs) in enumerate(groupby(touches, itemgetter(0))):
        found: dict[int, tuple[float, int]] = {}
        for _, product_id, kind, at in theirs:
            told = (STRENGTHS[TouchKind(kind)], -(int(at.timestamp()) // DAY))
            found[product_id] = max(told, found.get(product_id, told))
        events = sorted((-day, product_id, strength) for product_id, (strength, day) in found.items())
        for day, product_id, strength in events[-MOST_EVENTS:]:
            yield number, product_id, day, strength
