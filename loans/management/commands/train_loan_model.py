import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from loans.approval import ApprovalForest
from loans.approval.applications import Applications, read_applications
from loans.approval.evaluation import MODELS, OURS, Figures, evaluate
from loans.approval.training import SEED, train
from loans.exceptions import LoanError
from loans.management.commands.train_credit_score import amount

FOLDS = 5


class Command(BaseCommand):
    help = (
        "Train the approval model on Kaggle's loan_data.csv (.gz too), measure models that are trained as it "
        "is by cross-validation, and put it in place of the one in --out. May be stopped: the model there "
        "stays until the new one is complete."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="the file as it was published")
        parser.add_argument(
            "--out",
            type=Path,
            default=Path(settings.LOAN_MODEL_DIR),
            help="folder of the model (LOAN_MODEL_DIR)",
        )
        parser.add_argument(
            "--typical-income", type=amount,
            help="what two incomes of a household come to in a month where the shop is, by which incomes are "
            "divided; the median of the file without",
        )  # fmt: skip
        parser.add_argument("--repeats", type=int, default=10, help="of the cross-validation in 5 folds")

    def handle(
        self, *args: Any, data: Path, out: Path, typical_income: Decimal | None, repeats: int, **options: Any
    ) -> None:
        if typical_income is not None and not (typical_income.is_finite() and typical_income > 0):
            raise CommandError(f"--typical-income is {typical_income}: it must be an amount above nothing.")
        if repeats < 1:
            raise CommandError(f"--repeats is {repeats}: it must be at least 1.")
        try:
            applications = read(data)
            self.stdout.write(applications.summary)
            model = train(applications, out, typical_income, measured(applications, repeats))
        except (LoanError, OSError) as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        self.stdout.write(summary(model, out))


def read(path: Path) -> Applications:
    if not path.is_file():
        raise CommandError(f"There is no file {path}. Nothing was changed.")
    return read_applications(path)


def measured(applications: Applications, repeats: int) -> dict[str, Any]:
    with tqdm(desc="Folds", total=repeats * FOLDS, file=sys.stderr, leave=False) as bar:
        found = evaluate(
            applications, {OURS: MODELS[OURS]}, seed=SEED, repeats=repeats, folds=FOLDS, tick=bar.update
        )
    return {"folds": FOLDS, "repeats": repeats} | as_json(found.models[OURS])


def as_json(figures: Figures) -> dict[str, float]:
    """Each measure, and its standard deviation beside it."""
    means = {name: mean for name, (mean, _) in figures.items()}
    return means | {f"{name} sd": deviation for name, (_, deviation) in figures.items()}


def summary(model: ApprovalForest, out: Path) -> str:
    figures = model.about["metrics"]
    return "\n".join(
        [
            f"Cross-validation, {figures['repeats']} × {figures['folds']} folds: AUC {figures['auc']:.3f} ± "
            f"{figures['auc sd']:.3f}, Brier score {figures['brier']:.3f}, calibration error "
            f"{figures['ece']:.3f}, accuracy {figures['accuracy']:.3f}.",
            f"The model is in {out}; processes that run go on with the old one until restarted.",
        ]
    )
