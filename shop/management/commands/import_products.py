from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.exceptions import WrongProductFile
from shop.services.product_file import ProductChange, ProductFileOutcome, import_product_file


class Command(BaseCommand):
    help = (
        "Make and change products by a CSV file as export_products writes it. Where one line is wrong, "
        "all that is wrong is told and nothing is written. Rules: docs/products-by-csv.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )

    def handle(self, *args: Any, file: Path, dry_run: bool, **options: Any) -> None:
        try:
            outcome = import_product_file(content=file.read_bytes(), actor_id=None, dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except WrongProductFile as error:
            for line in error.lines:
                self.stderr.write(f"line {line.number}: {line.reason}")
            raise CommandError(f"{len(error.lines):,} things are wrong; nothing was written.") from error
        if dry_run:
            for change in outcome.changes:
                self.stdout.write(told(change))
        self.stdout.write(summary(outcome, dry_run))


def told(change: ProductChange) -> str:
    what = "new" if change.is_new else "changed"
    fields = "; ".join(f"{field.column}: {field.before!r} → {field.after!r}" for field in change.fields)
    return f"line {change.line}, {what}: {change.name} ({fields})"


def summary(outcome: ProductFileOutcome, dry_run: bool) -> str:
    counts = f"{outcome.new:,} new, {outcome.changed:,} changed, {outcome.unchanged:,} unchanged"
    return f"Nothing was written. There would be {counts}." if dry_run else f"Products: {counts}."
