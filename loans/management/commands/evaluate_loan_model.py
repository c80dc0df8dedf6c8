import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from loans.approval.applications import PROTECTED, Applications
from loans.approval.drawing import draw
from loans.approval.evaluation import (
    MEASURES,
    MODELS,
    OURS,
    PROTECTED_TOO,
    Evaluation,
    Figures,
    bins,
    evaluate,
)
from loans.approval.fairness import Selection, selections
from loans.exceptions import LoanError
from loans.management.commands.train_loan_model import as_json, read
from loans.policy import DEFAULT_POLICY

PASS = DEFAULT_POLICY.least_likelihood


class Command(BaseCommand):
    help = (
        "Measure the approval model on Kaggle's loan_data.csv by repeated stratified cross-validation, "
        "beside the credit history alone, a logistic regression, a class-balanced forest and one with what "
        "ours never looks at; and whether groups are chosen alike. Writes nothing but --json and --plot."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="the file as it was published; .gz too")
        parser.add_argument("--json", type=Path, help="file for the figures")
        parser.add_argument("--plot", type=Path, help="PNG file for the calibration")
        parser.add_argument("--repeats", type=int, default=10)
        parser.add_argument("--folds", type=int, default=5)
        parser.add_argument("--seed", type=int, default=0)

    def handle(  # noqa: PLR0913 (what the command line holds)
        self, *args: Any, data: Path, json: Path | None, plot: Path | None, repeats: int, folds: int,
        seed: int, **options: Any,
    ) -> None:  # fmt: skip
        if repeats < 1 or not 2 <= folds <= 20 or seed < 0:
            raise CommandError("--repeats must be at least 1, --folds from 2 to 20, --seed at least 0.")
        try:
            applications = read(data)
            self.stdout.write(applications.summary)
            total = repeats * folds * len(MODELS)
            with tqdm(desc="Fits", total=total, file=sys.stderr, leave=False) as bar:
                found = evaluate(
                    applications, MODELS, seed=seed, repeats=repeats, folds=folds, tick=bar.update
                )
            groups = {name: applications.texts[name] for name in PROTECTED}
            chosen = tuple(selections(groups, applications.approved, found.typical, float(PASS)))
            self.stdout.write("\n".join(report(found, chosen, applications)))
            if json:
                write_json(json, found, chosen)
            if plot:
                draw(found, applications, plot)
        except (LoanError, OSError) as error:
            raise CommandError(str(error)) from error


def report(found: Evaluation, chosen: tuple[Selection, ...], applications: Applications) -> Iterator[str]:
    yield f"{found.repeats} × {found.folds} folds, seed {found.seed}; mean ± standard deviation."
    yield ""
    yield from table(found.models)
    yield ""
    cost = found.models[PROTECTED_TOO]["auc"][0] - found.models[OURS]["auc"][0]
    yield f"AUC that leaving the four protected attributes out costs: {cost:+.3f}"
    yield ""
    yield "| likelihood told | applications, a mean of the repeats | mean | approved |"
    yield "| --- | ---: | ---: | ---: |"
    for each in bins(found.chances, applications.approved):
        counted = f"{each.low:.1f}–{each.high:.1f} | {each.number:.1f}"
        yield f"| {counted} | {each.told:.3f} | {each.approved:.3f} |"
    yield ""
    yield f"Who is told a likelihood of {PASS} or more:"
    yield ""
    yield "| | group | applications | approved by the bank | pass here | ratio, lowest to highest (95 %) |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for selection in chosen:
        yield from rows(selection)


def rows(selection: Selection) -> Iterator[str]:
    first = (selection.attribute, f"{selection.ratio:.2f} ({selection.low:.2f}–{selection.high:.2f})")
    for place, group in enumerate(selection.groups):
        name, ratio = first if place == 0 else ("", "")
        yield (
            f"| {name} | {group.name} | {group.applications} | {group.approved:.1%} | {group.selected:.1%} "
            f"| {ratio} |"
        )


def table(models: Mapping[str, Figures]) -> Iterator[str]:
    yield "| | AUC | Brier score | ECE, 10 bins | accuracy |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, figures in models.items():
        cells = ("{:.3f} ± {:.3f}".format(*figures[measure]) for measure in MEASURES)
        yield f"| {name} | {' | '.join(cells)} |"


def write_json(path: Path, found: Evaluation, chosen: tuple[Selection, ...]) -> None:
    page = {name: as_json(figures) for name, figures in found.models.items()} | {
        "fairness": [asdict(each) for each in chosen],
        "protocol": {
            "repeats": found.repeats, "folds": found.folds, "seed": found.seed, "passes from": str(PASS),
        },
    }  # fmt: skip
    path.write_text(json.dumps(page, indent=1) + "\n", encoding="utf-8")
