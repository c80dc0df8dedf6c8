"""`make bench-behaviour`: learning from behaviour where a matrix of all items by all is too large.

A made history: items in chains within heaps, where what follows in the chain is taken next more often than
not, and popularity as uneven as shops have it. Each shopper's last item is held back. Ours for large
catalogues beside ItemKNN with decay and popularity in one run, each in a process of its own for its peak of
memory; at a smaller size the dense model too, which shows what the sparse one gives away.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.first_slice import commit, machine

ROOT = Path(__file__).resolve().parent.parent
HEAP = 50  # items
FOLLOWS = 0.5  # how often the next item is that which follows in the chain
STAYS = 0.35  # how often it is another one of the heap
EVENTS = 12  # of each shopper, about
DENSE_UP_TO = 10_000
K = 4
WAYS = ("Larder for large catalogues", "Larder, dense", "ItemKNN, recency decay", "popularity")


def main() -> None:
    options = read_options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if options.one:
        print(json.dumps(measured(options.one, *options.size)))
        return
    rows = []
    for items, shoppers in ((10_000, 10_000), (options.items, options.shoppers)):
        for way in WAYS:
            if way != "Larder, dense" or items <= DENSE_UP_TO:
                rows.append((items, shoppers, way, elsewhere(way, items, shoppers)))
                print(rows[-1], file=sys.stderr, flush=True)
    report = "\n".join(report_lines(options, rows)) + "\n"
    print(report)
    if options.report:
        options.report.write_text(report, encoding="utf-8")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--shoppers", type=int, default=50_000)
    parser.add_argument("--report", type=Path, help="Markdown file")
    parser.add_argument("--one", choices=WAYS, help="measure this way alone, and print it as JSON")
    parser.add_argument("--size", type=int, nargs=2, help="items and shoppers, with --one")
    return parser.parse_args()


def elsewhere(way: str, items: int, shoppers: int) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.behaviour",
        "--one",
        way,
        "--size",
        str(items),
        str(shoppers),
    ]
    return dict(json.loads(subprocess.check_output(command, cwd=ROOT, text=True)))


def measured(way: str, items: int, shoppers: int) -> dict[str, float]:
    """HR and coverage at K, seconds to learn, peak memory, and milliseconds to score one shopper."""
    import django  # noqa: PLC0415

    django.setup()
    from recommender.evaluation.measures import measure  # noqa: PLC0415

    split = history(items, shoppers).split(1)
    model = model_of(way)
    learnt_with, scored_with = model.learnt_with[0], model.scored_with[0]
    started = time.perf_counter()
    learnt = model.learn(split.known, learnt_with)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    scorer = model.score(split.known, learnt, scored_with)
    some = sample(split, 5_000)
    found = measure(scorer, some, K)
    one = some.users[:200]
    started = time.perf_counter()
    for user in one:
        scorer(np.array([user]))
    each = (time.perf_counter() - started) * 1000 / len(one)
    low, high = np.percentile([found.hits[drawn].mean() for drawn in draws(len(found.hits))], [2.5, 97.5])
    return {
        "hit_rate": found.hit_rate, "low": float(low), "high": float(high), "coverage": found.coverage,
        "seconds": seconds, "gib": peak, "ms": each,
    }  # fmt: skip


def draws(size: int) -> Iterator[Any]:
    generator = np.random.default_rng(4)
    for _ in range(1_000):
        yield generator.integers(size, size=size)


def model_of(way: str) -> Any:
    """With settings that were chosen on the real history: nothing is tried on the made one."""
    from recommender.evaluation import models  # noqa: PLC0415

    setting = {
        "ridge": 300.0, "visit_decay": 0.8, "position_decay": 0.8, "days": 30.0, "lasting": 0.1
    }  # fmt: skip
    if way == "Larder, dense":
        learnt, scored = (
            {"ridge": 300.0, "visit_decay": 0.8},
            {"position_decay": 0.8, "days": 30.0, "lasting": 0.1},
        )
        return models.Model(way, models.learn_kept, (learnt,), models.score_sparse, (scored,))
    if way == "Larder for large catalogues":
        _, large = models.as_served(setting)
        chosen = [one for one in large.learnt_with if one["ridge"] == 100.0]
        return models.Model(way, large.learn, tuple(chosen), large.score, large.scored_with)
    peers = {model.name: model for model in models.peers()}
    if way == "popularity":
        return peers[way]
    knn = peers[way]
    return models.Model(way, knn.learn, ({"shrink": 50},), knn.score, ({"decay": 0.3},))


def sample(split: Any, most: int) -> Any:
    from recommender.evaluation.interactions import Split  # noqa: PLC0415

    return Split(split.known, split.users[:most], split.targets[:most])


def history(items: int, shoppers: int) -> Any:
    """One event a day and shopper; where a chain ends it begins again."""
    from recommender.behaviour import Interactions  # noqa: PLC0415
    from recommender.evaluation.interactions import History  # noqa: PLC0415

    chance = np.random.default_rng(11)
    heaps = items // HEAP
    weights = 1.0 / (np.arange(heaps) + 20.0)
    weights /= weights.sum()
    lengths = chance.integers(EVENTS - 6, EVENTS + 7, size=shoppers)
    users = np.repeat(np.arange(shoppers), lengths)
    chosen = chance.choice(heaps, size=len(users), p=weights)
    within = (chance.random(len(users)) ** 2 * HEAP).astype(np.int64)  # the first of a heap most often
    fate = chance.random(len(users))
    begins = np.ones(len(users), dtype=bool)
    begins[1:] = users[1:] != users[:-1]
    taken = np.empty(len(users), np.int64)
    last = 0
    for place in range(len(users)):
        if begins[place] or fate[place] > FOLLOWS + STAYS:
            last = chosen[place] * HEAP + within[place]
        elif fate[place] < FOLLOWS:
            last = last - last % HEAP + (last + 1) % HEAP
        else:
            last = last - last % HEAP + within[place]
        taken[place] = last
    first = np.unique(users * np.int64(items) + taken, return_index=True)[1]
    first.sort()  # of what a shopper took twice, the earlier
    return History(
        Interactions(users[first], taken[first], np.arange(len(first)), shoppers, items), tied_users=0
    )


def report_lines(
    options: argparse.Namespace, rows: list[tuple[int, int, str, dict[str, float]]]
) -> Iterator[str]:
    yield "# Behaviour in a large catalogue\n"
    yield f"`make bench-behaviour ARGS='--items {options.items} --shoppers {options.shoppers}'`,"
    yield f"commit {commit()}, {machine()}, load at the end {os.getloadavg()[0]:.1f}.\n"
    yield "A made history (benchmarks/behaviour.py says how); the last item of 5,000 shoppers is held back,"
    yield "and all items that the shopper does not have are ranked. Settings are those of the real history.\n"
    yield f"| items | shoppers | model | HR@{K} | coverage@{K} | learning, s | peak, GiB | one shopper, ms |"
    yield "| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |"
    for items, shoppers, way, found in rows:
        yield (
            f"| {items:,} | {shoppers:,} | {way} "
            f"| {found['hit_rate']:.4f} ({found['low']:.4f}–{found['high']:.4f}) | {found['coverage']:.3f} "
            f"| {found['seconds']:.1f} | {found['gib']:.1f} | {found['ms']:.2f} |"
        )
    dense = 3 * 4 * options.items**2 / 2**30
    yield f"\nThe dense model would need three matrices of {options.items:,} by {options.items:,}:"
    yield f"{dense:,.0f} GiB. In this history one item follows from one other, and counting pairs, as ItemKNN"
    yield "does, is enough; on the real one ([recommender.md](recommender.md)) regressions are ahead of it."


if __name__ == "__main__":
    main()
