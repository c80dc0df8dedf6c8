"""`make bench-shop`: our pages beside django-oscar's, the same catalogue, clients and machine, in one run.

Makes a catalogue in a MariaDB or MySQL database of ours, copies it into one of django-oscar's (the published
package in an environment of its own, its default views and templates), starts each site with two gunicorn
workers, and lets 20 clients at once ask for each kind of page; then they order, and as many of the staff look
at what came of it. Writes docs/benchmarks/shop.md.
"""

import argparse
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.shop import clients, report
from benchmarks.shop.clients import Timed
from benchmarks.shop.sites import ROOT, Server, Site, larder, oscar, oscar_version
from benchmarks.shop.weight import Weight, weigh
from config.embedded_postgres.server import EmbeddedPostgres

BROWSED = ("home", "list", "search", "new-search", "product", "new-product", "cart")
STAFF = ("staff-home", "staff-orders", "staff-products", "staff-order", "staff-customer")  # by staff
SEARCHES = (
    "tea", "green tea", "coffee", "chocolate", "noodles", "organic honey", "rice", "olive oil", "crunchy",
    "dark chocolate", "almond", "soy sauce", "juice", "breakfast", "pepper", "salt", "biscuits", "oat milk",
    "pasta", "gluten free", "red wine", "herbal", "spicy", "mountain tea",
)  # fmt: skip
FIRST_WORDS = ("amber", "bamboo", "cedar", "copper", "early", "golden", "harvest", "jade", "quiet", "willow")
SECOND_WORDS = ("barn", "bay", "creek", "farm")


@dataclass(slots=True)
class Outcome:
    """What was measured of a site."""

    name: str
    filled_in: float  # seconds
    pages: dict[str, Timed] = field(default_factory=dict)
    weights: dict[str, Weight] = field(default_factory=dict)


def main() -> None:
    options = read_options()
    options.folder.mkdir(parents=True, exist_ok=True)
    started, load = time.monotonic(), os.getloadavg()[0]
    plan = options.folder / "plan.json"
    plan.write_text(json.dumps(plan_of(options)))
    server, catalogue = Server(options.server), options.folder / "catalogue.jsonl.gz"
    postgres = fresh_postgres(options.folder / "larder")
    ours = larder(options.folder, server)
    outcomes = [measure(ours, options, plan, catalogue)]
    versions = ""
    if not options.only_ours:
        peer = oscar(options.folder, server)
        versions = oscar_version(peer.python)
        outcomes.append(measure(peer, options, plan, catalogue))
    postgres.leave()
    about = report.About(
        products=options.products, reviews=options.reviews, clients=options.clients, seconds=options.seconds,
        workers=options.workers, threads=options.threads, lines=options.lines, orders=options.orders,
        load_before=load, took=time.monotonic() - started, versions=versions,
        database=str(server.run("SELECT VERSION()")[0][0]),
    )  # fmt: skip
    text = report.report(about, outcomes)
    print(text)
    if options.report:
        options.report.write_text(text)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--products", type=int, default=10_000, help="in the catalogue (%(default)s)")
    parser.add_argument("--reviews", type=int, default=100_000, help="of them, in all (%(default)s)")
    parser.add_argument("--clients", type=int, default=20, help="that ask at once (%(default)s)")
    parser.add_argument("--seconds", type=float, default=20, help="for each kind of page (%(default)s)")
    parser.add_argument("--orders", type=int, default=200, help="to place in each site (%(default)s)")
    parser.add_argument("--lines", type=int, default=20, help="in each cart (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="of gunicorn (%(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="of each worker (%(default)s)")
    parser.add_argument("--port", type=int, default=8093, help="where the sites listen (%(default)s)")
    parser.add_argument(
        "--server",
        default=os.environ.get("BENCH_DATABASE_SERVER", "mysql://root@127.0.0.1:3306"),
        help="MariaDB or MySQL; larder_bench and oscar_bench are made there and dropped (%(default)s)",
    )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "var" / "benchmarks" / "shop", help="for files (%(default)s)"
    )
    parser.add_argument("--only-ours", action="store_true", help="leave django-oscar out")
    parser.add_argument("--report", type=Path, help="also write the table to this file")
    return parser.parse_args()


def plan_of(options: argparse.Namespace) -> dict[str, object]:
    return {
        "products": options.products, "reviews": options.reviews, "clients": options.clients,
        "orders": options.orders, "lines": options.lines, "searches": SEARCHES,
        "new_searches": [f"{first} {second} {kind}" for kind in SEARCHES for first in FIRST_WORDS
                         for second in SECOND_WORDS],
        "every": max(2, options.products // 100),
        # Of each product that is ordered: twice what orders spread over all of them would take.
        "stock": 2 + 2 * options.orders * options.lines // options.products,
    }  # fmt: skip


def fresh_postgres(var_dir: Path) -> EmbeddedPostgres:
    """The recommender's server, kept open so that no process stops and starts it."""
    shutil.rmtree(var_dir, ignore_errors=True)
    var_dir.mkdir(parents=True)
    postgres = EmbeddedPostgres.at(var_dir / "postgres")
    postgres.start()
    return postgres


def measure(site: Site, options: argparse.Namespace, plan: Path, catalogue: Path) -> Outcome:
    say(f"{site.name}: filling")
    started = time.monotonic()
    pages = site.fill(plan, catalogue)
    outcome = Outcome(site.name, time.monotonic() - started)
    with site.running(options.port, options.workers, options.threads) as address:
        for kind in BROWSED:
            say(f"{site.name}: {kind}")
            outcome.pages[kind] = clients.browse(
                address, pages["shoppers"], pages[kind], options.seconds, warm_up(kind, pages, options)
            )
            outcome.weights[kind] = weigh(address, pages[kind][0], pages["shoppers"][0])
        say(f"{site.name}: orders")
        outcome.pages["order"] = clients.order(
            address, pages["buyers"], options.clients, site.prepare, site.place
        )
        pages["staff-order"] = clients.links_on(
            address, pages["staff"][0], pages["staff-orders"][0], site.order_link
        )
        for kind in STAFF:
            say(f"{site.name}: {kind}")
            outcome.pages[kind] = clients.browse(
                address, pages["staff"], pages[kind], options.seconds, warm_up(kind, pages, options)
            )
    site.forget()
    return outcome


def warm_up(kind: str, pages: dict[str, list[str]], options: argparse.Namespace) -> int:
    """Requests that do not count: until each worker has seen each page that it will be asked for again."""
    each: int = 4 * options.clients
    return each if kind.startswith("new-") else max(each, 2 * options.workers * len(pages[kind]))


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
