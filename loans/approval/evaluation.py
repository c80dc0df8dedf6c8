"""How well the approval model tells what a bank decided: repeated stratified cross-validation.

Every model is fitted anew in every fold, blanks, calibration and all, and asked as the desk asks it. AUC,
Brier score and accuracy are means over the folds. The calibration error is that of what all repeats told,
in the same ten bins, as a fold is too small to be put into ten; its deviation is over the repeats.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from loans.approval.applications import PROTECTED, UNUSED, Applications
from loans.approval.features import FEATURES, SIGNS
from loans.approval.fitting import calibration, filling, fit, grown, refuse_too_few, support_of, values

BINS = 10
MEASURES = ("auc", "brier", "ece", "accuracy")
OURS = "forest"
PROTECTED_TOO = "with the four protected"

Figures = dict[str, tuple[float, float]]
"""By measure: mean and standard deviation."""

Asked = Callable[[Applications, Applications, int], Any]
"""Applications learnt from, others, and a seed, to the chances of the others."""


@dataclass(frozen=True)
class Evaluation:
    """`chances` are ours: (repeats, N), each application told by a model that it was left out of."""

    models: dict[str, Figures]
    chances: Any
    repeats: int
    folds: int
    seed: int

    @property
    def typical(self) -> Any:
        """(N,), the means over the repeats."""
        return self.chances.mean(axis=0)


def evaluate(  # noqa: PLR0913 (a protocol is made of these)
    applications: Applications,
    models: Mapping[str, Asked],
    *,
    seed: int,
    repeats: int,
    folds: int,
    tick: Callable[[], object],
) -> Evaluation:
    """Raises TooFewApplications."""
    refuse_too_few(applications)
    told = {name: np.zeros((repeats, len(applications))) for name in models}
    parts = []
    for repeat in range(repeats):
        splitter = StratifiedKFold(folds, shuffle=True, random_state=seed + repeat)
        for known, held in splitter.split(np.zeros(len(applications)), applications.approved):
            parts.append((repeat, held))
            for name, asked in models.items():
                learnt, left_out = applications.where(known), applications.where(held)
                told[name][repeat, held] = asked(learnt, left_out, seed + len(parts))
                tick()
    found = {name: figures(chances, applications.approved, parts) for name, chances in told.items()}
    return Evaluation(found, told[OURS], repeats, folds, seed)


def asked_as_the_desk_asks(learnt: Applications, others: Applications, seed: int) -> Any:
    return fit(learnt, seed, None, {}).chances(values(others, filling(learnt)))


def credit_history_alone(learnt: Applications, others: Applications, seed: int) -> Any:
    """The share that was approved of those who have one, or have none."""
    known, asked = (
        np.nan_to_num(each.has_credit_history, nan=filling(learnt).has_credit_history)
        for each in (learnt, others)
    )
    shares = [learnt.approved[known == has].mean() if has in known else 0.5 for has in (0, 1)]
    return np.where(asked == 1, shares[1], shares[0])


def logistic(learnt: Applications, others: Applications, seed: int) -> Any:
    known, asked = prepared(learnt, others)
    regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return regression.fit(known, learnt.approved).predict_proba(asked)[:, 1]


def balanced(learnt: Applications, others: Applications, seed: int) -> Any:
    """Every decision weighs the same in the forest; calibrated as ours is."""
    known, asked = prepared(learnt, others)
    forest = grown(known, learnt.approved, SIGNS, seed, class_weight="balanced")
    return calibrated(forest, learnt.approved, asked)


def with_texts(headings: tuple[str, ...]) -> Asked:
    """What leaving these out costs: measured, and never used."""

    def told(learnt: Applications, others: Applications, seed: int) -> Any:
        tables = [np.column_stack([each.texts[name] for name in headings]) for each in (learnt, others)]
        places = OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(tables[0])
        known, asked = (
            np.column_stack([rows, places.transform(table)])
            for rows, table in zip(prepared(learnt, others), tables, strict=True)
        )
        signs = SIGNS + (0,) * (known.shape[1] - len(SIGNS))
        return calibrated(grown(known, learnt.approved, signs, seed), learnt.approved, asked)

    return told


def without(name: str) -> Asked:
    """What a feature is worth."""
    kept = [place for place, each in enumerate(FEATURES) if each.name != name]
    signs = tuple(SIGNS[place] for place in kept)

    def told(learnt: Applications, others: Applications, seed: int) -> Any:
        known, asked = (rows[:, kept] for rows in prepared(learnt, others))
        return calibrated(grown(known, learnt.approved, signs, seed), learnt.approved, asked)

    return told


def prepared(learnt: Applications, others: Applications) -> tuple[Any, Any]:
    """What ours looks at, of both: filled and clamped by what is learnt from."""
    filled = filling(learnt)
    known = values(learnt, filled)
    support = support_of(known)
    return support.clamped(known), support.clamped(values(others, filled))


MODELS: Mapping[str, Asked] = {
    OURS: asked_as_the_desk_asks,
    "credit history alone": credit_history_alone,
    "logistic": logistic,
    "class-balanced forest": balanced,
    PROTECTED_TOO: with_texts(PROTECTED),
    "with education and employment": with_texts(UNUSED),
    "without the smaller share": without("smaller_share"),
    "without the income": without("income"),
}


def calibrated(forest: Any, approved: Any, rows: Any) -> Any:
    slope, offset = calibration(forest, approved)
    return 1 / (1 + np.exp(-(offset + slope * forest.predict_proba(rows)[:, 1])))


def figures(chances: Any, approved: Any, parts: list[tuple[int, Any]]) -> Figures:
    found: dict[str, list[float]] = {"auc": [], "brier": [], "accuracy": []}
    for repeat, held in parts:
        told, decided = chances[repeat, held], approved[held]
        found["auc"].append(roc_auc_score(decided, told))
        found["brier"].append(brier_score_loss(decided, told))
        found["accuracy"].append(((told >= 0.5) == decided).mean())
    each_repeat = [calibration_error(told[None], approved) for told in chances]
    error = calibration_error(chances, approved)
    return {name: (float(np.mean(each)), float(np.std(each))) for name, each in found.items()} | {
        "ece": (error, float(np.std(each_repeat))),
    }


@dataclass(frozen=True, slots=True)
class Bin:
    """Applications that are told a likelihood from `low` to `high`: its mean, and what was decided.

    `number` is a mean over the repeats, as an application may be told another likelihood in each.
    """

    low: float
    high: float
    number: float
    told: float
    approved: float


def bins(chances: Any, approved: Any) -> Iterator[Bin]:
    """(repeats, N) and (N,). Of equal width, from 0 to 1; empty ones are left out."""
    places = np.minimum((chances * BINS).astype(int), BINS - 1)
    decided = np.broadcast_to(approved, chances.shape)
    for place in range(BINS):
        told = places == place
        if told.any():
            yield Bin(
                place / BINS, (place + 1) / BINS, float(told.sum() / len(chances)),
                float(chances[told].mean()), float(decided[told].mean()),
            )  # fmt: skip


def calibration_error(chances: Any, approved: Any) -> float:
    """(repeats, N) and (N,). Expected calibration error over BINS of equal width (Guo et al., ICML 2017)."""
    each = bins(chances, approved)
    return sum(bin.number * abs(bin.told - bin.approved) for bin in each) / len(approved)
