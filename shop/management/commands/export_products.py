import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from shop.product_csv import written
from shop.selectors.product_file import all_products, rows_of


class Command(BaseCommand):
    help = "Write all products as CSV (UTF-8), to be changed in a spreadsheet and read by import_products."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="to write; one that is there is replaced")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        products = all_products()
        rows = tqdm(rows_of(products), desc="Products", total=products.count(), file=sys.stderr, leave=False)
        try:
            with file.open("w", encoding="utf-8", newline="") as output:
                output.writelines(written(rows))
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{rows.n:,} products are in {file}.")
