"""`make bench-offers`: how long a decision of the loan desk takes, beside scikit-learn's own predict_proba.

The same forest, fitted here, is asked in two ways: as the desk asks it, by numbers alone, and through
`RandomForestClassifier.predict_proba`, all loans of a decision in one call in either. Applicants are made up;
each is decided both ways, in turns, and both must come to the same offers.
"""

import argparse
import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import numpy as np

from benchmarks.first_slice import commit, machine

if TYPE_CHECKING:
    from loans.approval import ApprovalForest
    from loans.approval.applications import Applications
    from loans.offers import ApprovalModel, Finances, Likelihood, Loan, Outcome

ROOT = Path(__file__).resolve().parent.parent
GOAL_MS = 150
OURS, PEER = "Larder", "predict_proba"
AS_THEY_COME, LARGEST_GRID, HOME_LOANS = "as they come", "the largest grid", "home loans"
DESCRIPTIONS = {
    AS_THEY_COME: "a decision: any band, income, request",
    LARGEST_GRID: "a decision: the best band and enough income for all of its grid",
    HOME_LOANS: "600 home loans of one applicant, where thresholds lie between them: likelihoods alone",
}

Figures = dict[str, dict[str, dict[str, float]]]
"""By workload and way: percentiles in ms."""
Work = Callable[[], object]


def main() -> None:
    options = read_options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from loans.approval.applications import read_applications  # noqa: PLC0415 (Django must be set up first)

    ways = fitted(read_applications(options.data))
    figures = measured(ways, options.decisions)
    report = "\n".join(report_lines(options, figures)) + "\n"
    print(report)
    if options.report:
        options.report.write_text(report, encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="Kaggle's loan_data.csv; .gz too")
    parser.add_argument("--decisions", type=int, default=500, help="of each kind, both ways")
    parser.add_argument("--report", type=Path, help="Markdown file")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser.parse_args()


@dataclass(frozen=True)
class Plain:
    """What one would write first: all the same, but for the forest, which is asked as it was fitted."""

    model: "ApprovalForest"
    forest: Any

    def likelihood(
        self, finances: "Finances", principal: Decimal, annual_rate: Decimal, months: int
    ) -> "Likelihood":
        from loans.offers import Loan  # noqa: PLC0415

        return self.likelihoods(finances, [Loan(principal, annual_rate, months)])[0]

    def likelihoods(self, finances: "Finances", loans: "Sequence[Loan]") -> "list[Likelihood]":
        from loans.offers import Likelihood  # noqa: PLC0415

        rows = self.model.features(finances, loans)
        mean = self.forest.predict_proba(self.model.support.clamped(rows))[:, 1]
        chances = 1 / (1 + np.exp(-(self.model.offset + self.model.slope * mean)))
        return [
            Likelihood(float(chance), not is_held)
            for chance, is_held in zip(chances, self.model.support.holds(rows), strict=True)
        ]


def fitted(applications: "Applications") -> "dict[str, ApprovalModel]":
    from loans.approval.features import SIGNS  # noqa: PLC0415
    from loans.approval.fitting import filling, fit, grown, values  # noqa: PLC0415
    from loans.approval.training import SEED  # noqa: PLC0415

    model = fit(applications, SEED, Decimal("8000.00"), {})
    rows = model.support.clamped(values(applications, filling(applications)))
    forest = grown(rows, applications.approved, SIGNS, SEED)
    assert np.allclose(model.trees.mean(rows), forest.predict_proba(rows)[:, 1], rtol=0, atol=1e-12)
    return {OURS: model, PEER: Plain(model, forest)}


def measured(ways: "dict[str, ApprovalModel]", decisions: int) -> Figures:
    figures: Figures = {}
    for workload in DESCRIPTIONS:
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(-3, decisions):  # the first three warm the caches
            each = {name: work(workload, model, turn) for name, model in ways.items()}
            told = {}
            for name in list(ways)[turn % 2 :] + list(ways)[: turn % 2]:
                start = time.perf_counter()
                told[name] = each[name]()
                if turn >= 0:
                    taken[name].append((time.perf_counter() - start) * 1000)
            assert rounded(told[OURS]) == rounded(told[PEER])
        figures[workload] = {
            name: dict(
                zip(("p50", "p95", "max"), map(float, np.percentile(spent, [50, 95, 100])), strict=True)
            )
            for name, spent in taken.items()
        }
    return figures


def work(workload: str, model: "ApprovalModel", turn: int) -> Work:
    from loans.offers import Finances, Loan, Request, decide  # noqa: PLC0415
    from loans.policy import DEFAULT_POLICY, POLICY_BANDS  # noqa: PLC0415

    chance = random.Random(turn)
    band = "a" if workload == LARGEST_GRID else chance.choice(POLICY_BANDS)
    income = 40_000 if workload == LARGEST_GRID else chance.randint(0, 20_000)
    finances = Finances(
        Decimal(income), Decimal(chance.choice([0, chance.randint(0, 10_000)])),
        Decimal(0 if workload == LARGEST_GRID else chance.randint(0, 3_000)),
        chance.choice([True, False, None]),
    )  # fmt: skip
    if workload == HOME_LOANS:
        year = 12 * int(finances.total_income) or 1
        loans = [Loan(Decimal(year * each) / 200, Decimal("0.09"), 360) for each in range(1, 601)]
        return lambda: model.likelihoods(finances, loans)
    request = Request(Decimal(50 * chance.randint(2, 110)), chance.choice(DEFAULT_POLICY.terms))
    limit = DEFAULT_POLICY.exposure_limits[band]
    return lambda: decide(finances, request, band, limit, DEFAULT_POLICY, model)


def rounded(told: object) -> object:
    """Without the last digits of a likelihood: the ways sum trees in different orders."""
    if isinstance(told, list):
        return [(round(each.value, 9), each.out_of_support) for each in told]
    outcome: Outcome = told  # type: ignore[assignment]
    return outcome.reasons, [(each.kind, each.principal, each.months) for each in outcome.offers]


def report_lines(options: argparse.Namespace, figures: Figures) -> Iterator[str]:
    yield "# How long a decision of the loan desk takes\n"
    yield f"`make bench-offers ARGS='--decisions {options.decisions}'`,"
    yield f"commit {commit()}, {machine()}, one thread, load at the end {os.getloadavg()[0]:.1f}.\n"
    yield (
        f"{options.decisions} of each kind, both ways in turns, and both with the same offers. The peer is "
        "the same forest as scikit-learn fitted it, asked by `predict_proba` in one call.\n"
    )
    yield "| | way | p50, ms | p95, ms | slowest, ms |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for workload, by_way in figures.items():
        for name, found in by_way.items():
            title = DESCRIPTIONS[workload] if name == OURS else ""
            yield f"| {title} | {name} | {found['p50']:.2f} | {found['p95']:.2f} | {found['max']:.2f} |"
    slowest = max(by_way[OURS]["p95"] for name, by_way in figures.items() if name != HOME_LOANS)
    verdict = "met" if slowest <= GOAL_MS else "missed"
    yield f"\nThe goal, a p95 of at most {GOAL_MS} ms for a whole decision, is {verdict}: {slowest:.1f} ms."


if __name__ == "__main__":
    main()
