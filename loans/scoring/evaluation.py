"""How well the score tells who orders again: later than what it learnt from, of customers it never saw."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve

from loans.purchases import PurchaseHistory
from loans.scoring.cohorts import HORIZON, Cohort, cohort, share_of, training_cuts
from loans.scoring.exceptions import TooFewPurchases
from loans.scoring.features import CHARACTERISTICS
from loans.scoring.fitting import fit, log_odds
from loans.scoring.model import BANDS, ScoreModel, band_of

HELD_APART = range(5, 10)  # of `share_of`; every choice was made on customers of the other half
BINS = 10
RESAMPLES = 1_000
RFM = ("recency_days", "orders", "value")
MEASURES = ("auc", "ks", "ece", "lift")

Figures = dict[str, tuple[float, float, float]]
"""By measure: its value, and the ends of its 95 % interval."""

OURS = "credit score"


@dataclass(frozen=True, slots=True)
class Band:
    """Customers of the test with a score of this band, and how many of them ordered again."""

    name: str
    customers: int
    share_again: float
    share_expected: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    learnt_until: datetime
    cut: datetime
    trained_on: int
    models: dict[str, Figures]  # of the whole test part
    gains: dict[str, tuple[float, float, float]]  # our AUC less each peer's, in the same resamples
    one_time: dict[str, Figures]  # of customers with a single order by then
    customers: int
    one_time_customers: int
    bands: tuple[Band, ...]
    again: float  # the share of the test's customers who ordered again


def evaluate(history: PurchaseHistory, tick: Callable[[], object]) -> Evaluation:
    """Raises TooFewPurchases."""
    cut = history.until - HORIZON
    cuts = training_cuts(history.first, cut)
    if not cuts:
        raise TooFewPurchases(
            f"The orders span {(history.until - history.first).days} days, and 270 are needed: 90 to look "
            "back on, 90 for what came of it, and 90 more to be measured on."
        )
    known = cohort(history, cuts, history.typical_order, lambda customer: not is_held_apart(customer), tick)
    test = cohort(history, [cut], history.typical_order, is_held_apart, tick)
    model = fit(known, history.typical_order, {"data": {"sha256": history.sha256}})
    if len(test) == 0 or test.ordered_again.all() or not test.ordered_again.any():
        raise TooFewPurchases("No customers are left to measure on: the file holds too few.")
    chances = {OURS: 1 / (1 + np.exp(-log_odds(model, test)))}
    for name, of in peers(known).items():
        chances[name] = calibrated(of(known), of(test), known.ordered_again)
    once = test.column("orders") == 1
    return Evaluation(
        learnt_until=cuts[0] + HORIZON, cut=cut, trained_on=len(set(known.customers)),
        models={name: figures(chance, test.ordered_again) for name, chance in chances.items()},
        gains={
            name: gain(chances[OURS], chance, test.ordered_again)
            for name, chance in chances.items() if name != OURS
        },
        one_time={name: figures(chance[once], test.ordered_again[once]) for name, chance in chances.items()}
        if len(set(test.ordered_again[once])) == 2 else {},
        customers=len(test), one_time_customers=int(once.sum()),
        bands=tuple(bands(model, test, chances[OURS])), again=float(test.ordered_again.mean()),
    )  # fmt: skip


def is_held_apart(customer: str) -> bool:
    return share_of(customer) in HELD_APART


def peers(known: Cohort) -> dict[str, Callable[[Cohort], Any]]:
    """By name, what gives every row a number that grows with the chance of an order."""
    edges = {
        name: np.quantile(known.column(name), [0.2, 0.4, 0.6, 0.8]) for name in RFM
    }  # of the customers learnt from
    return {
        "recency alone": lambda rows: -np.log1p(rows.column("recency_days")),
        "RFM quintiles": lambda rows: sum(
            (-1.0 if name == "recency_days" else 1.0) * np.searchsorted(edges[name], rows.column(name))
            for name in RFM
        ),
    }


def calibrated(learnt: Any, asked: Any, outcomes: Any) -> Any:
    """Chances, by a regression on the rows learnt from (Platt, 1999)."""
    platt = LogisticRegression(C=1e6).fit(np.asarray(learnt, float)[:, None], outcomes)
    return platt.predict_proba(np.asarray(asked, float)[:, None])[:, 1]


def figures(chances: Any, outcomes: Any) -> Figures:
    resampled = [measures(chances[rows], outcomes[rows]) for rows in resamples(outcomes)]
    found = measures(chances, outcomes)
    ends = np.percentile(resampled, [2.5, 97.5], axis=0)
    return {
        name: (found[place], float(ends[0][place]), float(ends[1][place]))
        for place, name in enumerate(MEASURES)
    }


def gain(ours: Any, peer: Any, outcomes: Any) -> tuple[float, float, float]:
    """Of AUC, in the same resamples: what both find hard cancels out."""
    drawn = [
        roc_auc_score(outcomes[rows], ours[rows]) - roc_auc_score(outcomes[rows], peer[rows])
        for rows in resamples(outcomes)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    found = roc_auc_score(outcomes, ours) - roc_auc_score(outcomes, peer)
    return float(found), float(low), float(high)


def resamples(outcomes: Any) -> Iterator[Any]:
    """Customers drawn with replacement, as long as both outcomes are among them."""
    generator = np.random.default_rng(4)
    for _ in range(RESAMPLES):
        rows = generator.integers(len(outcomes), size=len(outcomes))
        if 0 < outcomes[rows].sum() < len(rows):
            yield rows


def measures(chances: Any, outcomes: Any) -> tuple[float, float, float, float]:
    false_alarms, hits, _ = roc_curve(outcomes, chances)
    return (
        float(roc_auc_score(outcomes, chances)),
        float(np.max(hits - false_alarms)),
        calibration_error(chances, outcomes),
        lift(chances, outcomes),
    )


def calibration_error(chances: Any, outcomes: Any) -> float:
    """Expected calibration error over BINS of equal size (Naeini et al., AAAI 2015)."""
    order = np.argsort(chances, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    return float(
        sum(abs(chances[part].mean() - outcomes[part].mean()) * len(part) for part in parts) / len(order)
    )


def lift(chances: Any, outcomes: Any) -> float:
    """How much more often the tenth with the highest chances orders again than all do.

    Of those who tie at its edge, as many as there is room for count, as if drawn by lot: the order of the
    file must not decide.
    """
    size = max(1, len(chances) // 10)
    edge = np.sort(chances)[-size]
    above, at_edge = chances > edge, chances == edge
    hits = outcomes[above].sum() + (size - above.sum()) * outcomes[at_edge].mean()
    return float(hits / size / outcomes.mean())


def bands(model: ScoreModel, test: Cohort, chances: Any) -> Iterator[Band]:
    names = [each.name for each in CHARACTERISTICS]
    scores = [model.points(dict(zip(names, row, strict=True))) for row in test.values]
    once = test.column("orders") == 1
    held = np.array(["thin" if one else band_of(score) for score, one in zip(scores, once, strict=True)])
    for name in (*(name for name, _ in BANDS), "thin"):
        rows = held == name
        if rows.any():
            yield Band(
                name, int(rows.sum()), float(test.ordered_again[rows].mean()), float(chances[rows].mean())
            )
