import sys
import time
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from shop.demo.entries import read_entries
from shop.services.generating import generate_catalogue, has_other_goods


class Command(BaseCommand):
    help = (
        "Fill an empty shop with a large, believable catalogue, to measure it by. The same numbers give the "
        "same catalogue; run again, it adds what is missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--products", type=int, default=10_000, metavar="N", help="(%(default)s)")
        parser.add_argument("--reviews", type=int, default=100_000, metavar="N", help="in all (%(default)s)")
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="another one, another catalogue")
        parser.add_argument(
            "--anyway",
            action="store_true",
            help="into a shop that sells other goods too, which stay as they are",
        )

    def handle(
        self, *args: Any, products: int, reviews: int, seed: int, anyway: bool, **options: Any
    ) -> None:
        if products < 1 or reviews < 0:
            raise CommandError("There should be 1 product at least, and 0 reviews.")
        if has_other_goods() and not anyway:
            raise CommandError("The shop sells other goods; nothing was made. --anyway adds to them.")
        started = time.monotonic()
        made = generate_catalogue(
            entries=read_entries(),
            products=products,
            reviews=reviews,
            seed=seed,
            progress=partial(tqdm, desc="Products", total=products, file=sys.stderr, leave=False),
        )
        seconds = time.monotonic() - started
        self.stdout.write(
            f"Generated in {seconds:.1f} s: {made.products:,} products, {made.reviews:,} reviews."
        )
