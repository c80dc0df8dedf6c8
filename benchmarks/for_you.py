"""`make bench-foryou`: how long four for a shopper take, beside models that are asked in memory, in one run.

A made shop: products in heaps, each with tags of its heap and a vector near it; shoppers who look at and buy
from two heaps. Ours reads what the shopper touched, asks PostgreSQL and loads the cards, as the home page
does; the peers (`implicit`) hold everything in memory and give four numbers, without reasons, without asking
what is in stock. Keeps its databases under `var/bench-foryou-…`.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import numpy as np
from django.core.management import call_command
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.first_slice import commit, machine
from config import garbage

ROOT = Path(__file__).resolve().parent.parent
HEAPS, LABELS, TAGS_EACH = 200, 400, 5
TOUCHED = 12  # products of each shopper
WARM = 4_000  # requests, after which a process has met nearly all products and keeps their tags
AT_ONCE = 2_000

Floats = NDArray[np.float32]


def main() -> None:
    options = read_options()
    os.environ.setdefault("VAR_DIR", str(ROOT / "var" / f"bench-foryou-{options.products}"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    for database in ("default", "recommender"):
        call_command("migrate", verbosity=0, database=database)
    events = Events.made(options.products, options.shoppers)
    fill(options.products, events)
    with threadpool_limits(1):  # as of a worker among others: threads that spin take a second core
        figures = measured(events, options.requests)
    report = "\n".join(report_lines(options, figures)) + "\n"
    print(report)
    if options.report:
        options.report.write_text(report, encoding="utf-8")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--shoppers", type=int, default=5_000)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--report", type=Path, help="Markdown file")
    return parser.parse_args()


class Events:
    """Who touched what: product numbers from 1, the last of each shopper the latest."""

    def __init__(self, shoppers: list[list[int]]) -> None:
        self.shoppers = shoppers

    @classmethod
    def made(cls, products: int, shoppers: int) -> "Events":
        chance = np.random.default_rng(5)
        liked = chance.integers(HEAPS, size=(shoppers, 2))
        made = []
        for heaps in liked:
            own = chance.choice(heaps, size=TOUCHED)
            numbers = own + HEAPS * chance.integers(products // HEAPS, size=TOUCHED)
            made.append(list(dict.fromkeys((numbers + 1).tolist())))
        return cls(made)


def fill(products: int, events: Events) -> None:
    """Once; a second run finds it."""
    from recommender.models import ProductEntry  # noqa: PLC0415 (Django must be set up first)

    if ProductEntry.objects.count() == products:
        return
    shelf = fill_shop(products, events)
    fill_recommender(products, shelf)
    call_command("fit_behaviour")


def fill_shop(products: int, events: Events) -> int:
    from django.utils import timezone  # noqa: PLC0415

    from shop.models import Category, Customer, Product, ProductView  # noqa: PLC0415

    department = Category.objects.create(name="All", level=1)
    aisle = Category.objects.create(name="All", level=2, parent=department)
    shelf = Category.objects.create(name="All", level=3, parent=aisle)
    Product.objects.bulk_create(
        (
            Product(pk=pk, name=f"Product {pk}", category=shelf, selling_price=10, on_hand=9)
            for pk in range(1, products + 1)
        ),
        batch_size=AT_ONCE,
    )
    Customer.objects.bulk_create(
        (
            Customer(pk=pk, login_name=f"shopper{pk}", password="!")  # noqa: S106
            for pk in range(1, len(events.shoppers) + 1)
        ),
        batch_size=AT_ONCE,
    )
    now = timezone.now()
    ProductView.objects.bulk_create(
        (
            ProductView(customer_id=number, product_id=product_id, viewed_at=now)
            for number, touched in enumerate(events.shoppers, start=1)
            for product_id in touched
        ),
        batch_size=AT_ONCE,
    )
    return shelf.pk


def fill_recommender(products: int, shelf_id: int) -> None:
    from pgvector import HalfVector  # noqa: PLC0415

    from recommender.models import DIMENSIONS, Label, ProductEntry, TagCluster  # noqa: PLC0415

    chance = np.random.default_rng(6)
    centres = chance.normal(size=(HEAPS, DIMENSIONS)).astype(np.float32)
    labels = [f"label {number}" for number in range(LABELS)]
    meanings = unit(chance.normal(size=(LABELS, DIMENSIONS)).astype(np.float32))
    said = [chance.choice(LABELS, size=8, replace=False) for _ in range(HEAPS)]
    Label.objects.bulk_create(
        [
            Label(text=text, polarity=1, embedding=HalfVector(row), model_version="made",
                  product_count=int(chance.integers(1, 500)))
            for text, row in zip(labels, meanings, strict=True)
        ]
    )  # fmt: skip
    for start in range(0, products, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, products))
        noise = chance.normal(size=(len(numbers), DIMENSIONS)).astype(np.float32)
        vectors = unit(centres[[number % HEAPS for number in numbers]] + 0.6 * noise)
        ProductEntry.objects.bulk_create(
            ProductEntry(
                product_id=number + 1, name=f"Product {number + 1}", text="", category_ids=[1, 2, shelf_id],
                selling_price=10, is_available=True, embedding=HalfVector(vector), model_version="made",
                published_revision=1,
            )
            for number, vector in zip(numbers, vectors, strict=True)
        )  # fmt: skip
        TagCluster.objects.bulk_create(
            TagCluster(
                product_id=number + 1, medoid_id=labels[label], members=[labels[label]], polarity=1,
                count=int(chance.integers(1, 20)), share=0.3, rank=rank,
            )
            for number in numbers
            for rank, label in enumerate(chance.choice(said[number % HEAPS], size=TAGS_EACH, replace=False))
        )  # fmt: skip


def unit(rows: Floats) -> Floats:
    scaled: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


Figures = dict[str, dict[str, float]]
"""By way, p50, p95 and p99 in ms, and the share of answers of four."""


def measured(events: Events, requests: int) -> Figures:
    asked = ways(events)
    taken: dict[str, list[float]] = {name: [] for name in asked}
    whole: dict[str, int] = dict.fromkeys(asked, 0)
    chance = np.random.default_rng(8)
    names = list(asked)
    garbage.settle()
    for turn in range(-WARM, requests):
        number = int(chance.integers(len(events.shoppers)))
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            started = time.perf_counter()
            four = asked[name](number)
            spent = (time.perf_counter() - started) * 1000
            if turn >= 0:
                taken[name].append(spent)
                whole[name] += four == 4
    return {
        name: dict(zip(("p50", "p95", "p99"), np.percentile(taken[name], [50, 95, 99]).tolist(), strict=True))
        | {"whole": whole[name] / requests}
        for name in asked
    }


def ways(events: Events) -> dict[str, Callable[[int], int]]:
    """Each answers a shopper's number with how many products it found."""
    from recommender.for_you import for_you  # noqa: PLC0415
    from recommender.shelf import four_for_you  # noqa: PLC0415
    from recommender.statements import rows_of  # noqa: PLC0415
    from shop.selectors.history import Viewer  # noqa: PLC0415
    from shop.selectors.touched import Touch, touches_of  # noqa: PLC0415

    touches: dict[int, list[Touch]] = {}

    def read_before(number: int) -> list[Touch]:
        if number not in touches:
            touches[number] = touches_of(Viewer(customer_id=number + 1))
        return touches[number]

    known = {number: read_before(number) for number in range(len(events.shoppers))}
    return {
        "Larder, the four": lambda number: min(4, len(for_you(known[number]))),
        "Larder, with touches read and cards loaded": lambda number: len(
            four_for_you(touches_of(Viewer(customer_id=number + 1)), []).offers
        ),
        "PostgreSQL, an empty query": lambda number: len(rows_of("SELECT generate_series(1, 4)", {})),
    } | peers(events)


def peers(events: Events) -> dict[str, Callable[[int], int]]:
    from implicit.als import AlternatingLeastSquares  # noqa: PLC0415 (an extra)
    from implicit.nearest_neighbours import CosineRecommender  # noqa: PLC0415
    from scipy.sparse import csr_matrix  # noqa: PLC0415

    users = np.repeat(np.arange(len(events.shoppers)), [len(one) for one in events.shoppers])
    items = np.concatenate([np.array(one) for one in events.shoppers]) - 1
    had = csr_matrix((np.ones(len(users), np.float32), (users, items)))
    models: dict[str, Any] = {
        "implicit, ItemKNN in memory": CosineRecommender(K=200, num_threads=1),
        "implicit, ALS in memory": AlternatingLeastSquares(factors=64, random_state=4, num_threads=1),
    }
    for model in models.values():
        model.fit(had, show_progress=False)

    def asking(model: Any) -> Callable[[int], int]:
        return lambda number: len(model.recommend(number, had[number], N=4)[0])

    return {name: asking(model) for name, model in models.items()}


def report_lines(options: argparse.Namespace, figures: Figures) -> Iterator[str]:
    yield "# How long four for a shopper take\n"
    asked = f"--products {options.products} --shoppers {options.shoppers} --requests {options.requests}"
    yield f"`make bench-foryou ARGS='{asked}'`,"
    yield f"commit {commit()}, {machine()}, load at the end {os.getloadavg()[0]:.1f}.\n"
    yield f"A made shop of {options.products:,} products in {HEAPS} heaps, {options.shoppers:,} shoppers"
    yield f"with {TOUCHED} touches each; {options.requests:,} requests, every way asked in turns, warm.\n"
    yield "| way | p50, ms | p95, ms | p99, ms | answers of four |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, figure in figures.items():
        yield (
            f"| {name} | {figure['p50']:.2f} | {figure['p95']:.2f} | {figure['p99']:.2f} "
            f"| {figure['whole']:.1%} |"
        )
    yield "\nThe peers answer from memory with the numbers of four products. Ours names a reason for each,"
    yield "leaves out what is sold out, and knows what was touched a moment ago: hence its queries. The empty"
    yield "query says how busy the machine was."


if __name__ == "__main__":
    main()
