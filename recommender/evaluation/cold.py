"""Products that nobody has touched yet: how often they are found for whoever takes them next.

All that is known of a fifth of the products is withheld, each fifth in turn, so that each is cold once. Who
took a cold one is answered by what they took of the others; all products that they do not have are ranked.
Letters: N products, D dimensions.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd

from recommender import behaviour, blend
from recommender.behaviour import Floats, Integers, Interactions
from recommender.embedding import Embedder
from recommender.evaluation.interactions import DAY, InteractionsUnreadable
from recommender.services import Watch, unwatched
from shop.amazon.lines import LineFile
from shop.amazon.records import (
    fields_of,
    is_product,
    is_review,
    product_from,
    refuse_another_format,
    review_from,
)
from shop.amazon.rejects import Rejected
from shop.exceptions import ShopError

FOLDS = 5
EMBEDDED_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Shop:
    """Products by number, with what their texts mean (N, D), and who took which of them when, sorted."""

    asins: Sequence[str]
    vectors: Floats
    events: Interactions


@dataclass(frozen=True, slots=True)
class Asked:
    """Of one shopper: the products they have with their weight now, and behaviour's scores (N,), 0 to 1."""

    user: int
    had: Integers
    weights: Floats
    behaved: Floats
    counts: Floats  # (N,) events of each product


@dataclass(frozen=True, slots=True)
class Found:
    """Of each taking of a cold product: whose it was, and by way whether it was found (1.0 or 0.0)."""

    users: Integers
    hits: Mapping[str, Floats]


Way = Callable[[Asked, Floats], Floats]  # and the cosines (N,) of the products to what the shopper has


def read_shop(reviews: Path, meta: Path, embedder: Embedder, watch: Watch = unwatched) -> Shop:
    """From files of Amazon Review Data. Raises InteractionsUnreadable."""
    try:
        texts = dict(_products(meta))
        table = pd.DataFrame(_events(reviews), columns=["user", "asin", "day"])
    except ShopError as error:
        raise InteractionsUnreadable(str(error)) from error
    table = table.sort_values("day", kind="stable").drop_duplicates(["user", "asin"])
    if table.empty:
        raise InteractionsUnreadable(f"{reviews} holds no review of anybody: nothing can be measured.")
    asins = sorted(set(texts) | set(table["asin"]))
    numbers = {asin: number for number, asin in enumerate(asins)}
    table = table.assign(item=table["asin"].map(numbers)).sort_values(["user", "day", "item"])
    users, names = pd.factorize(table["user"])
    events = Interactions(
        users, table["item"].to_numpy(np.int64), table["day"].to_numpy(np.int64), len(names), len(asins)
    )
    return Shop(asins, _embedded([texts.get(asin, "") for asin in asins], embedder, watch), events)


def _products(path: Path) -> Iterator[tuple[str, str]]:
    """What the shop says of each, as the recommender reads it."""
    refuse_another_format(LineFile(path), is_product, "products")
    with LineFile(path) as file:
        for line in file:
            try:
                one = product_from(fields_of(line), Decimal(1))
            except Rejected:
                continue
            said = (one.name, one.brief, one.brand, " / ".join(one.categories))
            yield one.asin, ". ".join(filter(None, said))


def _events(path: Path) -> Iterator[tuple[str, str, int]]:
    refuse_another_format(LineFile(path), is_review, "reviews")
    with LineFile(path) as file:
        for line in file:
            try:
                fields = fields_of(line)
                one = review_from(fields, b"")
            except Rejected:
                continue
            if user := fields.get("reviewerID") or fields.get("user_id"):
                yield str(user), one.asin, int(one.created_at.timestamp()) // DAY


def _embedded(texts: Sequence[str], embedder: Embedder, watch: Watch) -> Floats:
    rows = []
    with watch("Products read", lambda: len(texts)) as advance:
        for start in range(0, len(texts), EMBEDDED_AT_ONCE):
            part = texts[start : start + EMBEDDED_AT_ONCE]
            rows.append(embedder.embed(part))
            advance(len(part))
    found: Floats = np.concatenate(rows)
    return found


def measured(shop: Shop, k: int, watch: Watch = unwatched) -> Found:
    """Whether each cold product that somebody took stood among the first k."""
    hits: dict[str, list[float]] = {name: [] for name in ways()}
    users: list[int] = []
    with watch("Cold products looked for", lambda: len(shop.events.users)) as advance:
        for fold in range(FOLDS):
            for asked, near, targets in questions(shop, fold):
                users += [asked.user] * len(targets)
                for name, way in ways().items():
                    first = ranked(way(asked, near), asked.had, k)
                    hits[name] += [float(target in first) for target in targets]
                advance(len(targets))
    found = {name: np.array(of_it, np.float32) for name, of_it in hits.items()}
    return Found(np.array(users, np.int64), found)


def questions(shop: Shop, fold: int) -> Iterator[tuple[Asked, Floats, list[int]]]:
    """Of each shopper who took cold products of this fold and others: what is asked, and the cold ones."""
    is_cold = np.array([crc32(asin.encode()) % FOLDS == fold for asin in shop.asins])
    known = without(shop.events, is_cold)
    weights = behaviour.fit(known)
    past = behaviour.contexts(known).tocsr()
    counts = np.bincount(known.items, minlength=known.item_count).astype(np.float32)
    cold = targets_of(shop.events, is_cold)
    for user, targets in cold.items():
        row = past[user]
        if row.nnz:
            behaved = np.maximum(np.asarray(row @ weights).ravel(), 0.0)
            asked = Asked(user, row.indices, row.data, scaled(behaved), counts)
            yield asked, shop.vectors @ centre(shop.vectors[row.indices]), targets


def without(events: Interactions, is_cold: "np.typing.NDArray[np.bool_]") -> Interactions:
    kept = ~is_cold[events.items]
    return Interactions(
        events.users[kept], events.items[kept], events.days[kept], events.user_count, events.item_count
    )


def targets_of(events: Interactions, is_cold: "np.typing.NDArray[np.bool_]") -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = {}
    for user, item in zip(events.users.tolist(), events.items.tolist(), strict=True):
        if is_cold[item]:
            found.setdefault(user, []).append(item)
    return found


def centre(rows: Floats) -> Floats:
    """(D,) of length one: the middle of what a shopper has, as the centre of an interest is."""
    mean: Floats = rows.mean(axis=0)
    return mean / np.float32(max(float(np.linalg.norm(mean)), 1e-9))


def scaled(values: Floats) -> Floats:
    most = float(values.max(initial=0.0))
    return values / np.float32(most) if most > 0 else values


def ranked(scores: Floats, had: Iterable[int], k: int) -> set[int]:
    """The first k that the shopper does not have; equal scores by the products' numbers."""
    left = scores.copy()
    left[list(had)] = -np.inf
    return set(np.argsort(-left, kind="stable")[:k].tolist())


def ways() -> dict[str, Way]:
    return {
        "Larder, as served": as_served,
        "content alone": lambda asked, near: near,
        "behaviour alone": lambda asked, near: asked.behaved,
        "popularity": lambda asked, near: asked.counts,
    }


def as_served(asked: Asked, near: Floats) -> Floats:
    evidence = float((np.minimum(asked.weights, 1.0) * asked.counts[asked.had]).sum())
    return blend.blended(
        asked.behaved,
        scaled(np.maximum(near, 0.0)),
        blend.trust(evidence, blend.SHOPPER_DOUBT),
        blend.trust(asked.counts, blend.PRODUCT_DOUBT),
    )
