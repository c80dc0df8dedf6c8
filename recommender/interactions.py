"""Who touched what: copied from the shop's feed, kept while the shop keeps it, made ready to learn from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from recommender.behaviour import Integers, Interactions
from recommender.models import FeedCursor, Interaction
from shop.selectors import feed
from shop.selectors.feed import FeedPosition, TouchRow
from shop.selectors.touched import TouchKind

BATCH_SIZE = 1000
MOST_EVENTS = 200  # of one shopper, the latest: a robot's ten thousand would be a hundred million pairs
DAY = 86_400
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
    positions = {cursor.feed: cursor.position for cursor in FeedCursor.objects.all()}
    return sum(_read(kind, positions.get(kind.value, FeedPosition()), progress) for kind in TouchKind)


def _read(kind: TouchKind, reached: FeedPosition, progress: Callable[[int], object]) -> int:
    position, stored = reached.rewound(timezone.now()), 0
    while rows := feed.new_touches(kind, position, BATCH_SIZE):
        with transaction.atomic(using="recommender"):
            stored += store(rows)
            if (position := rows[-1].position) != reached:
                FeedCursor.objects.update_or_create(
                    feed=kind.value,
                    defaults={"changed_at": position.changed_at, "row_id": position.row_id},
                )
        progress(len(rows))
        if len(rows) < BATCH_SIZE:
            break
    return stored


def store(rows: list[TouchRow]) -> int:
    """Upsert, each on the row of the shop that it copies."""
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
    return len(changed)


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
    rows = list(_strongest(there.up_to))
    product_ids = np.unique(np.array([product_id for _, product_id, _, _ in rows], np.int64))
    return Lesson(_events(rows, product_ids), product_ids, there)


def _strongest(last: int) -> Iterator[tuple[str, int, int, float]]:
    """Shopper, product, day and strength, sorted by shopper and day; the latest of each shopper."""
    found: dict[tuple[str, int], tuple[float, int]] = {}
    rows = Interaction.objects.filter(pk__lte=last).values_list("shopper", "product_id", "kind", "at")
    for shopper, product_id, kind, at in rows.iterator():
        told = (STRENGTHS[TouchKind(kind)], -(int(at.timestamp()) // DAY))
        if told > found.get((shopper, product_id), (0.0, 0)):
            found[shopper, product_id] = told
    by_shopper: dict[str, list[tuple[int, int, float]]] = {}
    for (shopper, product_id), (strength, day) in found.items():
        by_shopper.setdefault(shopper, []).append((-day, product_id, strength))
    for shopper in sorted(by_shopper):
        for day, product_id, strength in sorted(by_shopper[shopper])[-MOST_EVENTS:]:
            yield shopper, product_id, day, strength


def _events(rows: list[tuple[str, int, int, float]], product_ids: Integers) -> Interactions:
    numbers: dict[str, int] = {}
    users = [numbers.setdefault(shopper, len(numbers)) for shopper, _, _, _ in rows]
    columns: Any = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return Interactions(
        np.array(users, np.int64),
        np.searchsorted(product_ids, np.array(columns[1], np.int64)),
        np.array(columns[2], np.int64),
        len(numbers),
        len(product_ids),
        np.array(columns[3], np.float32),
    )
