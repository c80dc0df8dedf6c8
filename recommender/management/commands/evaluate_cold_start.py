import json as jsons
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from recommender.behaviour import Floats
from recommender.embedding import default_embedder
from recommender.evaluation.cold import FOLDS, measured, read_shop
from recommender.evaluation.interactions import InteractionsUnreadable
from recommender.evaluation.measures import interval


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
        if json and not json.parent.is_dir():
            raise CommandError(f"There is no folder {json.parent} for --json: make it first.")
        started = time.monotonic()
        try:
            with tqdm(desc="Products read", file=sys.stderr, leave=False) as bar:
                shop = read_shop(reviews, meta, default_embedder(), bar.update)
        except InteractionsUnreadable as error:
            raise CommandError(str(error)) from error
        hits = measured(shop, k)
        products = len(shop.asins)
        self.stdout.write("\n".join(report(hits, products, k)))
        self.stdout.write(
            f"\n{len(shop.events.users)} events of {shop.events.user_count} users, {products} products, "
            f"{FOLDS} folds; {time.monotonic() - started:.0f} s on {os.cpu_count()} cores."
        )
        if json:
            write_json(json, hits, k)


def report(hits: Mapping[str, Floats], products: int, k: int) -> Iterator[str]:
    count = len(next(iter(hits.values())))
    if not count:
        raise CommandError("Nobody took a withheld product and others: nothing can be measured.")
    yield f"{count} cold products that somebody took, among all {products} that they do not have."
    yield ""
    yield f"| way | HR@{k} of cold products |"
    yield "| --- | ---: |"
    for name, found in hits.items():
        low, high = interval(found)
        yield f"| {name} | {found.mean():.4f} ({low:.4f}–{high:.4f}) |"
    yield f"| chance | {min(1.0, k / products):.4f} |"


def write_json(path: Path, hits: Mapping[str, Floats], k: int) -> None:
    figures = {
        name: {f"HR@{k}": float(found.mean()), f"HR@{k} 95%": interval(found)} for name, found in hits.items()
    }
    part = path.with_name(f".{path.name}.part")
    part.write_text(jsons.dumps(figures, indent=1) + "\n", encoding="utf-8")
    part.replace(path)
