import hashlib
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from tqdm import tqdm

from shop.amazon.exceptions import AmazonFileUnusable
from shop.amazon.lines import LineFile
from shop.amazon.records import Fields, is_product, is_review, refuse_another_format
from shop.amazon.rejects import RejectsFile
from shop.models import Category
from shop.services.importing import ImportRules, Progress, Tally, import_products, import_reviews

HIGHEST_STOCK = 1_000_000


class Command(BaseCommand):
    help = (
        "Import products and reviews from Amazon Review Data: files of 2014, 2018 or 2023, gzip or plain. "
        "Run again, or after a kill, it adds what is missing and nothing else. Rules: docs/importing.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reviews", type=Path, metavar="FILE", help="reviews, one JSON object a line")
        parser.add_argument("--meta", type=Path, metavar="FILE", help="products, one JSON object a line")
        parser.add_argument(
            "--department", type=_department, default="Grocery", metavar="NAME",
            help="the first-level category that products go to (%(default)s)",
        )  # fmt: skip
        parser.add_argument(
            "--currency-rate", type=_rate, default="1", metavar="RATE",
            help="what 1.00 of the file's prices is in the shop's currency (%(default)s)",
        )  # fmt: skip
        parser.add_argument(
            "--default-stock", type=_whole(0, HIGHEST_STOCK), default=100, metavar="N",
            help="stock on hand of a new product (%(default)s)",
        )  # fmt: skip
        parser.add_argument(
            "--limit", type=_whole(1, sys.maxsize), metavar="N", help="read no more than N lines of each file"
        )
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE",
            help="where lines that cannot be imported are kept (a file under VAR_DIR/rejects)",
        )  # fmt: skip
        parser.add_argument("--strict", action="store_true", help="exit with 1 when any line was rejected")

    def handle(  # noqa: PLR0913 (Django passes options so)
        self, *args: Any, reviews: Path | None, meta: Path | None, department: str, currency_rate: Decimal,
        default_stock: int, limit: int | None, rejects: Path | None, strict: bool, **options: Any,
    ) -> None:  # fmt: skip
        sources = [
            (kind, LineFile(path, limit)) for kind, path in ((PRODUCTS, meta), (REVIEWS, reviews)) if path
        ]
        if not sources:
            raise CommandError("Nothing to import: name a file with --reviews, --meta, or both.")
        rules = ImportRules(department, currency_rate, default_stock)
        try:
            for kind, file in sources:
                refuse_another_format(file, kind.is_expected, kind.what)
            with RejectsFile(rejects or _rejects_path([file.path for _, file in sources])) as rejects_file:
                tallies = [self._run(kind, file, rules, rejects_file) for kind, file in sources]
        except AmazonFileUnusable as error:
            raise CommandError(f"{error} Nothing was imported.") from error
        except DatabaseError as error:
            raise CommandError(
                f"The database refused a batch: {error}. Those before it stay: run again to go on."
            ) from error
        self._conclude(tallies, rejects_file, strict)

    def _run(self, kind: "_Kind", file: LineFile, rules: ImportRules, rejects: RejectsFile) -> Tally:
        with _bar(kind.title, file) as progress:
            tally = kind.run(file=file, rules=rules, rejects=rejects, progress=progress)
        self.stdout.write(summary(kind.title, tally))
        return tally

    def _conclude(self, tallies: list[Tally], rejects: RejectsFile, strict: bool) -> None:
        if rejects.count:
            self.stdout.write(f"The rejected lines are kept, with their reasons, in {rejects.path}.")
        if damages := [str(tally.damage).rstrip(".") for tally in tallies if tally.damage]:
            raise CommandError(" ".join(f"{damage}: it goes on from what is imported." for damage in damages))
        if strict and rejects.count:
            raise CommandError(f"Rejected lines: {rejects.count:,}. The others are imported.")


class _Import(Protocol):
    def __call__(
        self, *, file: LineFile, rules: ImportRules, rejects: RejectsFile, progress: Progress
    ) -> Tally: ...


class _Kind(NamedTuple):
    title: str
    what: str  # a file of this kind holds
    is_expected: Callable[[Fields], bool]
    run: _Import


PRODUCTS = _Kind("Products", "product metadata", is_product, import_products)
REVIEWS = _Kind("Reviews", "reviews", is_review, import_reviews)


def summary(title: str, tally: Tally) -> str:
    rate = tally.read / tally.seconds if tally.seconds else 0.0
    lines = [
        f"{title}: {tally.read:,} read, {tally.new:,} new, {tally.filled:,} completed, "
        f"{tally.unchanged:,} unchanged, {tally.rejected.total():,} rejected, "
        f"in {tally.seconds:.1f} s ({rate:,.0f} a second, slowest batch {tally.slowest_batch:.2f} s)."
    ]
    lines += [f"  rejected, {reason}: {count:,}" for reason, count in tally.rejected.most_common()]
    lines += [f"  accepted without {what}: {count:,}" for what, count in sorted(tally.lacking.items())]
    if tally.nameless:
        lines.append(f"  products made without metadata: {tally.nameless:,}")
    return "\n".join(lines)


@contextmanager
def _bar(title: str, file: LineFile) -> Iterator[Progress]:
    with tqdm(desc=title, total=file.size, unit="B", unit_scale=True, file=sys.stderr, leave=False) as bar:

        def show(tally: Tally) -> None:
            bar.set_postfix_str(
                f"{tally.read:,} rows, {tally.read / tally.seconds:,.0f} rows/s", refresh=False
            )
            bar.update(file.position - bar.n)

        yield show


def _rejects_path(paths: list[Path]) -> Path:
    """One place for each choice of input files, so that a rerun replaces what the run before it kept."""
    digest = hashlib.blake2b("\0".join(str(path.resolve()) for path in paths).encode(), digest_size=4)
    return Path(settings.VAR_DIR) / "rejects" / f"{paths[-1].name}-{digest.hexdigest()}.jsonl"


def _department(text: str) -> str:
    longest = Category._meta.get_field("name").max_length or 0
    if not 0 < len(text.strip()) <= longest:
        raise ArgumentTypeError(f"{text!r} is no department: it should have 1 to {longest} characters.")
    return text.strip()


def _rate(text: str) -> Decimal:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal(0)
    if not (rate.is_finite() and Decimal("0.0001") <= rate <= 10_000):
        raise ArgumentTypeError(f"{text!r} is no rate: it should be a number from 0.0001 to 10000.")
    return rate


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 20 and lowest <= int(text) <= highest):
            raise ArgumentTypeError(f"{text!r} is no whole number from {lowest} to {highest}.")
        return int(text)

    return whole
