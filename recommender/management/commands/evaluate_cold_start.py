import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recommender.embedding import default_embedder
from recommender.evaluation.cold import FOLDS, Found, measured, read_shop
from recommender.evaluation.interactions import InteractionsUnreadable
from recommender.evaluation.measures import interval_of_users
from recommender.management.bars import bar
from recommender.outputs import OutputUnusable, refuse_output, write_json


class Command(BaseCommand):
    help = (
        "Measure how often a product that nobody has touched yet is found for whoever takes it next, on "
        "files of Amazon Review Data: all that is known of a fifth of the products is withheld, each in turn."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reviews", type=Path, required=True, help="JSON lines (.gz too)")
        parser.add_argument("--meta", type=Path, required=True, help="JSON lines (.gz too)")
        parser.add_argument("--k", type=int, default=20, help="how many are shown (20)")
        parser.add_argument("--json", type=Path, help="file for the figures, by way")

    def handle(self, *args: Any, reviews: Path, meta: Path, k: int, json: Path | None,
               **options: Any) -> None:  # fmt: skip
        if k < 1:
            raise CommandError(f"--k is {k}: at least one product has to be shown.")
        started = time.monotonic()
        try:
            if json:
                refuse_output(json, reviews, meta)
            shop = read_shop(reviews, meta, default_embedder(), bar)
        except (InteractionsUnreadable, OutputUnusable) as error:
            raise CommandError(str(error)) from error
        products = len(shop.asins)
        if k > products:
            raise CommandError(f"--k is {k}, and there are {products} products: all would be shown.")
        found = measured(shop, k, bar)
        self.stdout.write("\n".join(report(found, products, k)))
        self.stdout.write(
            f"\n{len(shop.events.users)} events of {shop.events.user_count} users, {products} products, "
            f"{FOLDS} folds; {time.monotonic() - started:.0f} s on {os.cpu_count()} cores."
        )
        if json:
            write_json(json, figures(found, k))


def report(found: Found, products: int, k: int) -> Iterator[str]:
    if not len(found.users):
        raise CommandError("Nobody took a withheld product and others: nothing can be measured.")
    yield (
        f"{len(found.users)} times one of {len(set(found.users.tolist()))} users took a product that was "
        f"withheld; it is looked for among those of all {products} products that the user does not have."
    )
    yield ""
    yield f"| way | HR@{k} of cold products |"
    yield "| --- | ---: |"
    for name, hits in found.hits.items():
        low, high = interval_of_users(hits, found.users)
        yield f"| {name} | {hits.mean():.4f} ({low:.4f}–{high:.4f}) |"
    yield f"| chance | {min(1.0, k / products):.4f} |"


def figures(found: Found, k: int) -> dict[str, Any]:
    return {
        name: {f"HR@{k}": float(hits.mean()), f"HR@{k} 95%": interval_of_users(hits, found.users)}
        for name, hits in found.hits.items()
    }
