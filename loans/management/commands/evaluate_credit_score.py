import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from loans.exceptions import LoanError
from loans.management.commands.train_credit_score import read
from loans.scoring.evaluation import MEASURES, Evaluation, Figures, evaluate


class Command(BaseCommand):
    help = (
        "Measure the shop credit score on a purchase history: a score is trained on half of "
        "the customers and measured on the others, in the 90 days after everything that it learnt from, "
        "beside recency alone and RFM quintiles. Writes nothing but --json."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--purchases", type=Path, required=True, help="UCI Online Retail or kz.csv; .gz too"
        )
        parser.add_argument("--json", type=Path, help="file for the figures")

    def handle(self, *args: Any, purchases: Path, json: Path | None, **options: Any) -> None:
        try:
            history = read(purchases)
            self.stdout.write(history.summary)
            with tqdm(desc="Customers", total=2 * history.customers, file=sys.stderr, leave=False) as bar:
                found = evaluate(history, bar.update)
        except (LoanError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(report(found)))
        if json:
            write_json(json, found)


def report(found: Evaluation) -> Iterator[str]:
    yield (
        f"Learnt from {found.trained_on:,} customers until {found.learnt_until:%Y-%m-%d}; measured on "
        f"{found.customers:,} others from {found.cut:%Y-%m-%d} on, {found.again:.1%} of whom ordered again "
        "within 90 days."
    )
    yield ""
    yield from table(found.models)
    yield ""
    for name, (more, low, high) in found.gains.items():
        yield f"AUC above that of {name}: {more:+.3f} ({low:+.3f} to {high:+.3f})"
    yield ""
    yield f"The {found.one_time_customers:,} of them who had ordered once:"
    yield ""
    yield from table(found.one_time)
    yield ""
    yield "| band | customers | ordered again | expected |"
    yield "| --- | ---: | ---: | ---: |"
    for band in found.bands:
        yield f"| {band.name} | {band.customers:,} | {band.share_again:.1%} | {band.share_expected:.1%} |"


def table(models: Mapping[str, Figures]) -> Iterator[str]:
    yield "| | AUC | KS | ECE, 10 bins | lift at 10 % |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, figures in models.items():
        cells = ("{:.3f} ({:.3f}–{:.3f})".format(*figures[measure]) for measure in MEASURES)
        yield f"| {name} | {' | '.join(cells)} |"


def write_json(path: Path, found: Evaluation) -> None:
    protocol = {
        "learnt until": found.learnt_until.isoformat(), "cut": found.cut.isoformat(),
        "trained on": found.trained_on, "customers": found.customers, "ordered again": found.again,
        "one-time customers": found.one_time_customers,
    }  # fmt: skip
    page = as_json(found.models) | {
        "AUC gained": found.gains, "one-time": as_json(found.one_time),
        "bands": [asdict(band) for band in found.bands], "protocol": protocol,
    }  # fmt: skip
    path.write_text(json.dumps(page, indent=1) + "\n", encoding="utf-8")


def as_json(models: Mapping[str, Figures]) -> dict[str, Any]:
    return {
        name: {measure: value for measure, (value, _, _) in figures.items()}
        | {f"{measure} 95%": ends for measure, (_, *ends) in figures.items()}
        for name, figures in models.items()
    }
