"""Who touched what: copied from the shop's feed, kept while the shop keeps it, made ready to learn from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from recommender.behaviour import Integers, Interactions
from recommender.models import FeedCursor, Interaction
from shop.selectors import feed
from shop.selectors.feed import FeedPosition, TouchRow
from shop.selectors.touched import TouchKind

BATCH_SIZE = 1000
MOST_EVENTS = 200  # of one shopper, the latest: a robot's ten thousand would be a hundred million pairs
DAY = 86_400
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


def forget_what_is_gone() -> int:
    """Drop what the shop no longer has: an erased history, a returned order, the account of who has gone."""
    forgotten = 0
    for kind in TouchKind:
        ids = list(Interaction.objects.filter(kind=kind.value).values_list("source_id", flat=True))
        for start in range(0, len(ids), BATCH_SIZE):
            some = ids[start : start + BATCH_SIZE]
            gone = set(some) - feed.touches_that_remain(kind, some)
            if gone:
                Interaction.objects.filter(kind=kind.value, source_id__in=gone).delete()
                forgotten += len(gone)
    return forgotten


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
        told = (STRENGTHS[TouchKind(kind)], -int(at.timestamp()) // DAY)
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
