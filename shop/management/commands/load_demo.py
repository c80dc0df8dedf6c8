import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from shop.demo.entries import FOLDER, BadDemoData, read_entries
from shop.services.demo import DemoLoaded, DemoLogin, LoginsUnreadable, is_filled_otherwise, load_demo


class Command(BaseCommand):
    help = (
        "Fill the shop with the demo: an invented catalogue, its reviews and pictures, and three logins. "
        "Run again, it adds what is missing; products that are there, and your changes to them, stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--folder", type=Path, default=FOLDER, help="with catalogue/*.json and reviews/*.json in it"
        )
        parser.add_argument(
            "--unless-filled", action="store_true", help="leave a shop alone that sells other goods already"
        )

    def handle(self, *args: Any, folder: Path, unless_filled: bool, verbosity: int, **options: Any) -> None:
        started = time.monotonic()
        try:
            entries = read_entries(folder)
            if unless_filled and is_filled_otherwise(entries):
                self.stdout.write(
                    "The shop has goods of its own, so the demo stays out (`manage.py load_demo` adds it). "
                    "`manage.py createsuperuser` makes an admin."
                )
                return
            loaded = load_demo(
                entries=entries,
                logins_file=settings.VAR_DIR / "demo-logins.json",
                progress=partial(tqdm, desc="Products", file=sys.stderr, leave=False),
            )
        except (BadDemoData, LoginsUnreadable) as error:
            raise CommandError(f"{error} Nothing was loaded.") from error
        self.stdout.write(summary(loaded, len(entries.products), time.monotonic() - started))
        for login in loaded.logins:
            self.stdout.write(line_of(login))


def summary(loaded: DemoLoaded, products: int, seconds: float) -> str:
    if not (loaded.products or loaded.pictures):
        return f"The demo's {products} products are all there; nothing was changed."
    return (
        f"Demo loaded in {seconds:.1f} s: {loaded.products} new products, {loaded.reviews} reviews, "
        f"{loaded.pictures} pictures."
    )


def line_of(login: DemoLogin) -> str:
    role = "staff" if login.is_staff else "shopper"
    if login.password is None:
        return f"  {login.login_name} ({role}): an account of that name was there already and stays as it is"
    return f"  {login.login_name} ({role}): {login.password}"
