"""The table, in Markdown."""

import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.shop.sites import ROOT

if TYPE_CHECKING:
    from benchmarks.shop.__main__ import Outcome

BUDGETS = {
    "home": 120,
    "list": 200,
    "search": 200,
    "new-search": 200,
    "product": 150,
    "new-product": 150,
    "cart": 120,
    "order": 350,
    "staff-home": 500,
    "staff-orders": 500,
    "staff-products": 500,
    "staff-order": 500,
    "staff-customer": 500,
}  # p95, ms
STATEMENTS = {
    "home": 8,
    "list": 10,
    "search": 10,
    "new-search": 10,
    "product": 12,
    "new-product": 12,
    "cart": 8,
    "order": 15,
    "staff-home": 20,
    "staff-orders": 15,
    "staff-products": 15,
}
NAMES = {
    "home": "home",
    "list": "list with facets",
    "search": "search with facets",
    "new-search": "search that nobody made before",
    "product": "product with reviews and four alike",
    "new-product": "product that nobody saw before",
    "cart": "cart",
    "order": "place order",
    "staff-home": "staff: daily view",
    "staff-orders": "staff: list of orders",
    "staff-products": "staff: list of products",
    "staff-order": "staff: an order",
    "staff-customer": "staff: a customer",
}
WEIGHED = ("home", "list", "search", "product", "cart")


@dataclass(frozen=True, slots=True)
class About:
    """Under which conditions it was measured."""

    products: int
    reviews: int
    clients: int
    seconds: float
    workers: int
    threads: int
    lines: int
    orders: int
    load_before: float
    took: float
    versions: str
    database: str


def report(about: About, outcomes: "Sequence[Outcome]") -> str:
    return "\n".join([*head(about), "", *times(outcomes), "", *weights(outcomes), ""])


def head(about: About) -> Iterator[str]:
    yield "# The shop's pages, measured"
    yield ""
    yield (
        "`make bench-shop` makes a catalogue, copies it into a django-oscar site (the published package, "
        "its own views and templates, search by Whoosh and thumbnails by sorl as in its sandbox, which gets "
        "plain pictures for our drawings), starts each site with "
        f"{about.workers} gunicorn workers, and lets {about.clients} clients ask without a pause, each with "
        "a customer's session of its own."
    )
    yield ""
    yield (
        f"Commit {commit()}; {cpu()}, {os.cpu_count()} cores, on which clients, servers and databases run "
        f"together; load before the run {about.load_before:.1f}. Python {platform.python_version()}, "
        f"{about.database}{', ' + about.versions if about.versions else ''}. "
        f"{about.products:,} products, {about.reviews:,} reviews, {about.lines} lines in each cart; "
        f"{about.seconds:g} s a kind of page, {about.orders} orders; {about.threads} thread(s) a worker. "
        f"The run took {about.took / 60:.1f} minutes."
    )


def times(outcomes: "Sequence[Outcome]") -> Iterator[str]:
    yield "| page | site | p50, ms | p95, ms | budget, ms | requests/s | SQL at most | budget |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for kind, name in NAMES.items():
        for place, outcome in enumerate(outcomes):
            timed = outcome.pages[kind]
            others = f" + {timed.other_queries}" if timed.other_queries else ""
            budgets = ("", "") if place else (str(BUDGETS[kind]), str(STATEMENTS.get(kind, "")))
            yield (
                f"| {'' if place else name} | {outcome.name} | {timed.milliseconds(0.5):,.0f} | "
                f"{timed.milliseconds(0.95):,.0f} | {budgets[0]} | {timed.per_second:,.1f} | "
                f"{timed.queries}{others} | {budgets[1]} |"
            )
    yield ""
    yield (
        "A number after a plus sign counts the statements to the recommender's own database. Each process "
        "of ours remembers the home page and four for the same touches for 10 s, which products stand on a "
        "list's page, the counts of its facets, and a product's tags and pictures for 30 s, and which "
        "products are alike for 60 s; so a price on the home page may be that old; a list, a product, a "
        "cart and an order read prices and stock anew. Searches are of 24 requests in turn, "
        "products 100 in turn; the lines below them say what a page costs of which nothing is remembered. "
        "Staff look once the orders are placed, each with a session of their own: at our admin, and at "
        "django-oscar's dashboard."
    )


def weights(outcomes: "Sequence[Outcome]") -> Iterator[str]:
    yield "What a first view weighs, in KiB, each file compressed by gzip:"
    yield ""
    yield "| page | site | HTML (20) | CSS (20) | JS (30) |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for kind in WEIGHED:
        for place, outcome in enumerate(outcomes):
            weight = outcome.weights[kind]
            yield (
                f"| {'' if place else NAMES[kind]} | {outcome.name} | {weight.html / 1024:.1f} | "
                f"{weight.css / 1024:.1f} | {weight.js / 1024:.1f} |"
            )


def commit() -> str:
    return subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True).strip()


def cpu() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()
