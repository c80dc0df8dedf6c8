"""`make bench-freshness`: how soon what a review says shows in its product's tags, with a worker running.

The demo shop, open as `make run` opens it. Reviews of different products are taken down, and shown again one
by one; the clock runs from the commit to the moment at which the tags that lead to the review are in the
shop's database. Beside it, in one process with its models in memory, the same work without the wait for the
worker's turn. Keeps its databases under `var/bench-freshness`.
"""

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import django
import numpy as np

from benchmarks.first_slice import ROOT, commit, machine, wait_until_open

AIM = 5.0  # seconds
PATIENCE = 120.0
POLL = 0.01


def main() -> None:
    options = read_options()
    os.environ.setdefault("VAR_DIR", str(ROOT / "var" / "bench-freshness"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    port = free_port()
    shop = subprocess.Popen(
        [sys.executable, "-m", "config.serve"], cwd=ROOT, env=os.environ | {"PORT": str(port)}
    )
    try:
        wait_until_open(f"http://127.0.0.1:{port}", shop)
        django.setup()
        reviews = chosen(options.reviews)
        take_down(reviews)
        wait_until(lambda: not mentioned(reviews))
        waited = [seconds_until_shown(review, lambda: None) for review in reviews]
    finally:
        shop.send_signal(signal.SIGINT)
        shop.wait(timeout=60)
    figures = {"with the worker of `make run`": waited, "the work alone": worked(reviews)}
    report = "\n".join(report_lines(figures)) + "\n"
    print(report)
    if options.report:
        options.report.write_text(report, encoding="utf-8")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reviews", type=int, default=40)
    parser.add_argument("--report", type=Path, help="Markdown file")
    return parser.parse_args()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def chosen(count: int) -> list[int]:
    """One review of each of so many products, by lot, among those that stand behind a tag."""
    from shop.models import TagMention  # noqa: PLC0415 (Django must be set up first)

    lot = random.Random(3)
    rows = list(TagMention.objects.order_by("pk").values_list("tag__product_id", "review_id").distinct())
    lot.shuffle(rows)
    return list(dict(rows).values())[:count]


def mentioned(reviews: Sequence[int]) -> bool:
    from shop.models import TagMention  # noqa: PLC0415

    return TagMention.objects.filter(review_id__in=reviews).exists()


def take_down(reviews: Sequence[int]) -> None:
    from shop.models.reviews import ReviewStatus  # noqa: PLC0415
    from shop.services.reviews import moderate_reviews  # noqa: PLC0415

    moderate_reviews(review_ids=reviews, status=ReviewStatus.HELD)


def seconds_until_shown(review: int, work: Callable[[], object]) -> float:
    """From its publication, at no particular moment of the worker's second."""
    from shop.models.reviews import ReviewStatus  # noqa: PLC0415
    from shop.services.reviews import moderate_reviews  # noqa: PLC0415

    time.sleep(random.random())
    moderate_reviews(review_ids=[review], status=ReviewStatus.PUBLISHED)
    started = time.monotonic()
    work()
    wait_until(lambda: mentioned([review]))
    return time.monotonic() - started


def worked(reviews: Sequence[int]) -> list[float]:
    from recommender import services  # noqa: PLC0415

    services.load_models()
    take_down(reviews)
    services.catch_up()
    return [seconds_until_shown(review, services.catch_up) for review in reviews]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            sys.exit(f"Nothing happened in {PATIENCE:.0f} s: `manage.py doctor` may say why.")
        time.sleep(POLL)


def report_lines(figures: dict[str, list[float]]) -> Iterator[str]:
    yield "# How soon a review shows in its product's tags\n"
    load, count = os.getloadavg()[0], len(next(iter(figures.values())))
    yield f"`make bench-freshness`, commit {commit()}, {machine()}, load at the end {load:.1f}.\n"
    yield f"The demo shop as `make run` opens it; {count} reviews of as many products, taken down and"
    yield "shown again one by one. From the commit to the tags in the shop's database; a page shows them"
    yield f"from then on. The aim is {AIM:.0f} s.\n"
    yield "| | p50, s | p95, s | longest, s | within the aim |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, seconds in figures.items():
        middle, most = np.percentile(seconds, [50, 95])
        kept = sum(one <= AIM for one in seconds) / len(seconds)
        yield f"| {name} | {middle:.2f} | {most:.2f} | {max(seconds):.2f} | {kept:.1%} |"


if __name__ == "__main__":
    main()
