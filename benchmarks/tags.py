"""`make bench-tags`: what groups a product's labels best, on real reviews.

The shipped Seq2Label reads real reviews; the labels of each product with many are grouped by KMeans as the
shop does it, and by others with the same number of groups: at first from ten in eleven of its reviews, in
the order of time, then from all, a tenth more. Medoids are the tags, the eight best supported are shown.
"""

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import numpy as np

from benchmarks.first_slice import commit, machine

if TYPE_CHECKING:
    from recommender.clustering import Group, LabelSupport, PreviousTag, Tag

LEAST_REVIEWS = 40  # of a product
NOT_YET = 11  # one review in so many comes later
SHUFFLES = 3

VERDICT = """
From which cosine on a label stands by itself was chosen on half of these products, by hash (.5 of .4 to .8);
how often KMeans starts anew on all of them (10 of 4, 10 and 20).

**Why KMeans stays the default.** It gives the same tags for any order and seed, keeps most of them after a
tenth more reviews, and its groups are as tight as DBSCAN's. Those that cover everything do it by putting what
does not belong together under one name: their cosine says so. DBSCAN is nearly level, and faster: weighted by
reviews, nearly every label is a group of its own to it. It knows no number of groups, so that nothing makes
it condense where a product has far more labels than a page has room for, and labels that resemble each other
in a chain become one group; KMeans is told both."""

Places = Any  # (labels,) group numbers, -1 for noise
Partition = Callable[[Any, Any, int, int], Places]  # vectors, weights, K, seed


@dataclass(frozen=True, slots=True)
class Product:
    asin: str
    before: tuple["LabelSupport", ...]
    reviews_before: int
    after: tuple["LabelSupport", ...]
    reviews: int


@dataclass(slots=True)
class Figures:
    """Of all products, for one way."""

    kept: int = 0  # tags of before that are there after
    tags: int = 0
    covered: int = 0  # mentions whose label is in a shown tag
    left_out: int = 0  # mentions whose label is in no group that the way gives
    mentions: int = 0
    cohesion: list[float] = field(default_factory=list)  # mean cosine of a label to its tag
    seconds: list[float] = field(default_factory=list)
    same: int = 0  # products with the same tags for other orders and seeds


def main() -> None:
    options = read_options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    products = list(read_products(options.reviews))
    found = {name: measured(way, products) for name, way in ways().items()}
    report = "\n".join(report_lines(options, products, found, inertias(products))) + "\n"
    print(report)
    if options.report:
        options.report.write_text(report, encoding="utf-8")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reviews", type=Path, required=True, help="reviews of Amazon Review Data (.gz too)")
    parser.add_argument("--report", type=Path, help="Markdown file")
    return parser.parse_args()


def read_products(path: Path) -> Iterator[Product]:
    """Those with LEAST_REVIEWS whose labels have more meanings than a page can show."""
    from recommender.clustering import MOST_TAGS, near_identical  # noqa: PLC0415 (after Django's setup)
    from recommender.embedding import default_embedder  # noqa: PLC0415
    from recommender.scoring import rarity  # noqa: PLC0415

    mentions, polarities, counts = labelled(path)
    carriers: dict[str, set[str]] = defaultdict(set)
    for asin, by_label in mentions.items():
        for label in by_label:
            carriers[label].add(asin)
    texts = sorted(carriers)
    vectors = dict(zip(texts, default_embedder().embed(texts), strict=True))
    most = max(map(len, carriers.values()))

    def supports(by_label: dict[str, set[int]], up_to: int) -> tuple["LabelSupport", ...]:
        from recommender.clustering import LabelSupport  # noqa: PLC0415

        kept = {label: {one for one in ids if one <= up_to} for label, ids in by_label.items()}
        return tuple(
            LabelSupport(
                label, polarities[label], vectors[label], rarity(len(carriers[label]), most), frozenset(ids)
            )
            for label, ids in sorted(kept.items())
            if ids
        )

    for asin, reviews in sorted(counts.items()):
        if reviews >= LEAST_REVIEWS:
            up_to = reviews - max(1, reviews // NOT_YET)
            before, after = supports(mentions[asin], up_to), supports(mentions[asin], reviews)
            by_polarity: dict[int, list[LabelSupport]] = defaultdict(list)
            for support in before:
                by_polarity[support.polarity].append(support)
            if sum(len(near_identical(labels)) for labels in by_polarity.values()) > MOST_TAGS:
                yield Product(asin, before, up_to, after, reviews)


def labelled(path: Path) -> tuple[dict[str, dict[str, set[int]]], dict[str, int], dict[str, int]]:
    """By product and label its reviews, numbered from 1 by time; polarities; reviews a product."""
    from django.conf import settings  # noqa: PLC0415

    from recommender.labelling import Pair, open_tagger, pairs_of, read_pairs, silent_reviews  # noqa: PLC0415
    from recommender.models import ReviewEntry  # noqa: PLC0415
    from shop.amazon.lines import LineFile  # noqa: PLC0415
    from shop.amazon.records import ReviewRecord, fields_of, review_from  # noqa: PLC0415
    from shop.amazon.rejects import Rejected  # noqa: PLC0415

    records: dict[str, list[ReviewRecord]] = defaultdict(list)
    with LineFile(path) as file:
        for line in file:
            try:
                one = review_from(fields_of(line), b"")
            except Rejected:
                continue
            records[one.asin].append(one)
    tagger = open_tagger(settings.LABEL_MODEL_DIR)
    mentions: dict[str, dict[str, set[int]]] = {}
    polarities: dict[str, int] = {}
    counts = {asin: len(rows) for asin, rows in records.items() if len(rows) >= LEAST_REVIEWS}
    for number, asin in enumerate(sorted(counts)):
        rows = sorted(records[asin], key=lambda one: (one.created_at, one.source_id))
        entries = [
            ReviewEntry(review_id=place, product_id=number, stars=one.stars, title=one.title, body=one.body)
            for place, one in enumerate(rows, start=1)
        ]
        read = read_pairs(tagger, list(pairs_of(entries, {})))
        read += read_pairs(
            tagger, [Pair(one, None, labels_second=False) for one in silent_reviews(entries, read)]
        )
        mentions[asin] = defaultdict(set)
        for found in read:
            mentions[asin][found.label.text].add(found.review.review_id)
            polarities[found.label.text] = found.label.polarity
    return mentions, polarities, counts


Way = Callable[[Sequence["LabelSupport"], int, Sequence["PreviousTag"], int], "list[Tag]"]
"""Labels, reviews, the tags of before, and a seed, to tags."""


def ways() -> dict[str, Way]:
    from recommender.clustering import tags_of  # noqa: PLC0415

    def ours(labels: Any, reviews: int, previous: Any, seed: int) -> "list[Tag]":
        return tags_of(labels, reviews, previous)

    def ours_cold(labels: Any, reviews: int, previous: Any, seed: int) -> "list[Tag]":
        return tags_of(labels, reviews)

    return {"KMeans, as in the shop": ours, "the same from scratch": ours_cold} | {
        name: by_partition(partition) for name, partition in partitions().items()
    }


def partitions() -> dict[str, Partition]:
    from sklearn.cluster import (  # noqa: PLC0415
        DBSCAN,
        AgglomerativeClustering,
        Birch,
        KMeans,
        MiniBatchKMeans,
    )

    return {
        "KMeans of scikit-learn": lambda rows, heavy, k, seed: KMeans(
            k, n_init=10, random_state=seed
        ).fit(rows, sample_weight=heavy).labels_,
        "mini-batch KMeans": lambda rows, heavy, k, seed: MiniBatchKMeans(
            k, n_init=10, random_state=seed, batch_size=256
        ).fit(rows, sample_weight=heavy).labels_,
        "BIRCH": lambda rows, heavy, k, seed: Birch(threshold=0.3, n_clusters=k).fit(rows).labels_,
        "agglomerative, average cosine": lambda rows, heavy, k, seed: AgglomerativeClustering(
            k, metric="cosine", linkage="average"
        ).fit(rows).labels_,
        "DBSCAN, cosine .5": lambda rows, heavy, k, seed: DBSCAN(
            eps=0.5, min_samples=2, metric="cosine"
        ).fit(rows, sample_weight=heavy).labels_,
    }  # fmt: skip


def by_partition(partition: Partition) -> Way:
    """Grouped by polarity first, as in the shop, with as many groups as the shop has room for."""
    from recommender.clustering import allotted, named, near_identical  # noqa: PLC0415
    from recommender.embedding import one_thread  # noqa: PLC0415

    def way(labels: Any, reviews: int, previous: Any, seed: int) -> "list[Tag]":
        by_polarity: dict[int, list[LabelSupport]] = defaultdict(list)
        for label in labels:
            by_polarity[label.polarity].append(label)
        sides = [by_polarity[polarity] for polarity in sorted(by_polarity)]
        room = allotted([len(near_identical(side)) for side in sides])
        groups: list[Group] = []
        for side, most in zip(sides, room, strict=True):
            rows = np.stack([label.vector for label in side])
            heavy = np.array([len(label.review_ids) for label in side], dtype=np.float64)
            with one_thread().limit(limits=1):
                places = (
                    partition(rows, heavy, min(most, len(side)), seed) if len(side) > 1 else np.zeros(1, int)
                )
            groups += [
                tuple(label for label, place in zip(side, places, strict=True) if place == number)
                for number in sorted(set(places.tolist()) - {-1})
            ]
        rarities = {label.text: label.rarity for label in labels}
        tags = named(groups, ())
        tags.sort(key=lambda tag: (-len(tag.review_ids) * rarities[tag.medoid], tag.medoid))
        return tags

    return way


def measured(way: Way, products: Sequence[Product]) -> Figures:
    from recommender.clustering import MOST_TAGS, PreviousTag  # noqa: PLC0415

    found = Figures()
    for product in products:
        before = way(product.before, product.reviews_before, (), 0)
        shown = before[:MOST_TAGS]
        previous = [
            PreviousTag(number, tag.medoid, tag.members, tag.polarity) for number, tag in enumerate(shown)
        ]
        started = time.process_time()
        after = way(product.after, product.reviews, previous, 0)
        found.seconds.append(time.process_time() - started)
        names = {tag.medoid for tag in after[:MOST_TAGS]}
        found.kept += sum(tag.medoid in names for tag in shown)
        found.tags += len(shown)
        add_coverage(found, product, after, MOST_TAGS)
        found.same += all(
            names
            == {
                tag.medoid
                for tag in way(shuffled(product.after, seed), product.reviews, previous, seed)[:MOST_TAGS]
            }
            for seed in range(1, SHUFFLES + 1)
        )
    return found


def add_coverage(found: Figures, product: Product, tags: Sequence["Tag"], most: int) -> None:
    supports = {label.text: label for label in product.after}
    mentions = {text: len(label.review_ids) for text, label in supports.items()}
    shown = {text for tag in tags[:most] for text in tag.members}
    grouped = {text for tag in tags for text in tag.members}
    found.mentions += sum(mentions.values())
    found.covered += sum(mentions[text] for text in shown)
    found.left_out += sum(count for text, count in mentions.items() if text not in grouped)
    for tag in tags[:most]:
        centre = supports[tag.medoid].vector
        cosines = [float(supports[text].vector @ centre) for text in tag.members]
        found.cohesion.append(float(np.average(cosines, weights=[mentions[text] for text in tag.members])))


def inertias(products: Sequence[Product]) -> list[float]:
    """Of each side that the shop clusters from the centres of before: inertia over that of a cold best."""
    from sklearn.cluster import KMeans  # noqa: PLC0415

    from recommender.clustering import (  # noqa: PLC0415
        PreviousTag,
        allotted,
        best_partition,
        former_centroids,
        near_identical,
        tags_of,
    )

    found = []
    for product in products:
        before = tags_of(product.before, product.reviews_before)
        previous = [PreviousTag(n, tag.medoid, tag.members, tag.polarity) for n, tag in enumerate(before)]
        sides: dict[int, list[LabelSupport]] = defaultdict(list)
        for label in sorted(product.after, key=lambda label: label.text):
            sides[label.polarity].append(label)
        room = allotted([len(near_identical(sides[polarity])) for polarity in sorted(sides)])
        for polarity, most in zip(sorted(sides), room, strict=True):
            side = sides[polarity]
            if 1 < most < len(side):
                rows = np.stack([label.vector for label in side])
                heavy = np.array([len(label.review_ids) for label in side], dtype=np.float64)
                places = best_partition(rows, heavy, most, former_centroids(side, previous))
                k = len(set(places.tolist()))
                best = KMeans(k, n_init=20, random_state=1).fit(rows, sample_weight=heavy)
                found.append(inertia(rows, heavy, places) / max(float(best.inertia_), 1e-9))
    return found


def inertia(rows: Any, heavy: Any, places: Any) -> float:
    total = 0.0
    for number in set(places.tolist()):
        own = places == number
        centre = np.average(rows[own], axis=0, weights=heavy[own])
        total += float(heavy[own] @ np.square(rows[own] - centre).sum(axis=1))
    return total


def shuffled(labels: Sequence["LabelSupport"], seed: int) -> list["LabelSupport"]:
    order = np.random.default_rng(seed).permutation(len(labels))
    return [labels[place] for place in order]


def report_lines(
    options: argparse.Namespace, products: Sequence[Product], found: dict[str, Figures], ratios: list[float]
) -> Iterator[str]:
    yield "# What groups labels into tags\n"
    yield f"`make bench-tags`, commit {commit()}, {machine()}, load at the end {os.getloadavg()[0]:.1f}.\n"
    labels = int(np.mean([len(product.after) for product in products]))
    yield f"{len(products)} products of {options.reviews.name} with {LEAST_REVIEWS} reviews or more,"
    yield f"{labels} labels each on average, read by the model that ships. Tags from ten in {NOT_YET}"
    yield "of their reviews, then from all. “Kept”: tags of before that are there after. “Covered”: mentions"
    yield "whose label is under one of the eight tags. “Same”: products with the same tags for other orders"
    yield "and seeds.\n"
    yield "| way | kept | covered | not shown | cosine to its tag | same | CPU, ms a product |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, one in found.items():
        p95 = np.percentile(one.seconds, 95) * 1000
        yield (
            f"| {name} | {one.kept / one.tags:.1%} | {one.covered / one.mentions:.1%} "
            f"| {one.left_out / one.mentions:.1%} | {np.mean(one.cohesion):.3f} "
            f"| {one.same / len(products):.1%} "
            f"| {np.mean(one.seconds) * 1000:.1f} (p95 {p95:.1f}) |"
        )
    yield (
        f"\nInertia of the shop's KMeans over the best of twenty cold starts, {len(ratios)} sides: "
        f"{np.mean(ratios):.4f} on average, {max(ratios):.4f} at most, "
        f"{np.mean(np.array(ratios) <= 1.005):.1%} within half a per cent, which is the goal for all."
    )
    yield VERDICT


if __name__ == "__main__":
    main()
