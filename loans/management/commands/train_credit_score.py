import sys
from argparse import ArgumentTypeError
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from loans.exceptions import LoanError
from loans.purchases import PurchaseHistory, own_history, read_purchases
from loans.scoring import ScoreModel
from loans.scoring.training import train
from shop.selectors.purchases import purchases_by_customer


class Command(BaseCommand):
    help = (
        "Train the shop credit score on a public purchase history (UCI Online Retail or Kaggle's kz.csv, as "
        "CSV, .gz too) or on the shop's own orders, and put it in place of the one in --out. May be stopped: "
        "the model there stays until the new one is complete."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--purchases", type=Path, help="a purchase history as it was published")
        source.add_argument("--own-orders", action="store_true", help="what was paid in this shop")
        parser.add_argument(
            "--out",
            type=Path,
            default=Path(settings.CREDIT_SCORE_DIR),
            help="folder of the model (CREDIT_SCORE_DIR)",
        )
        parser.add_argument(
            "--typical-order", type=amount,
            help="what an order comes to in this shop, by which amounts are divided; the median of its own "
            "orders where it has a hundred, else of the history",
        )  # fmt: skip

    def handle(
        self, *args: Any, purchases: Path | None, own_orders: bool, out: Path, typical_order: Decimal | None,
        **options: Any,
    ) -> None:  # fmt: skip
        if typical_order is not None and not (typical_order.is_finite() and typical_order > 0):
            raise CommandError(f"--typical-order is {typical_order}: it must be an amount above nothing.")
        try:
            history = read(purchases) if purchases else own_history(purchases_by_customer, timezone.now())
            self.stdout.write(history.summary)
            with tqdm(desc="Customers", total=history.customers, file=sys.stderr, leave=False) as bar:
                model = train(history, out, typical_order or usual_order(), bar.update)
        except (LoanError, OSError) as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        self.stdout.write(summary(model, out))


def amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ArgumentTypeError(f"{text!r} is not an amount such as 100.00") from error


def read(path: Path) -> PurchaseHistory:
    if not path.is_file():
        raise CommandError(f"There is no file {path}. Nothing was changed.")
    with tqdm(desc="Reading", total=path.stat().st_size, unit="B", unit_scale=True, file=sys.stderr,
              leave=False) as bar:  # fmt: skip
        return read_purchases(path, lambda place: bar.update(place - bar.n))


def usual_order() -> Decimal | None:
    """Of this shop, by whose orders the model's amounts are divided; None while there are too few to tell."""
    values = sorted(each.value for _, theirs in purchases_by_customer() for each in theirs)
    return values[len(values) // 2] if len(values) >= 100 else None


def summary(model: ScoreModel, out: Path) -> str:
    lines = [
        f"{model.about['rows']:,} rows of {model.about['customers']:,} customers at "
        f"{len(model.about['cuts'])} dates; {model.base_rate:.1%} ordered again within 90 days.",
        *(f"  {each.characteristic.name:20} {each.coefficient:+.3f}" for each in model.weights),
    ]
    if dropped := model.about["dropped"]:
        lines.append(f"  left out, for they would have counted the wrong way round: {', '.join(dropped)}")
    return "\n".join(
        [*lines, f"The score is in {out}; processes that run go on with the old one until restarted."]
    )
