"""Fit the approval model: a random forest in which a larger loan is never likelier, then calibrated.

Whatever stands in for a blank, and what an income is measured by, is learnt from the same rows.
Calibration (Platt 1999) is of what each application is told by the trees that have not seen it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from loans.approval.applications import Applications
from loans.approval.exceptions import TooFewApplications
from loans.approval.features import RATIOS, SIGNS, Columns, features
from loans.approval.model import ApprovalForest, Support, Trees

TREES = 300
LEAST_IN_LEAF = 3
LEAST_TO_SPLIT = (
    20  # this and the next were chosen on other folds than those of the card (docs/decisions/0013)
)
FEATURES_TRIED = None
HOME_LOAN_RATE = 0.09  # a year; the file has none
TAILS = (0.05, 0.95)  # of both ratios: outside these there is too little to learn from
FEWEST = 50  # applications, and a fifth of them with either decision


class Filling(NamedTuple):
    """What stands in for a blank, and the income that others are measured by."""

    principal: float
    months: float
    has_credit_history: float
    typical_income: float


def filling(applications: Applications) -> Filling:
    histories = applications.has_credit_history
    return Filling(
        principal=float(np.nanmedian(applications.principal)),
        months=float(np.nanmedian(applications.months)),
        has_credit_history=float(np.nanmean(histories) >= 0.5),
        typical_income=float(np.median(applications.income + applications.coapplicant_income)),
    )


def values(applications: Applications, filled: Filling) -> Any:
    """(N, FEATURES)."""
    return features(
        Columns(
            applications.income, applications.coapplicant_income,
            np.nan_to_num(applications.has_credit_history, nan=filled.has_credit_history),
            np.nan_to_num(applications.principal, nan=filled.principal), HOME_LOAN_RATE,
            np.nan_to_num(applications.months, nan=filled.months),
        ),
        filled.typical_income,
    )  # fmt: skip


def fit(
    applications: Applications, seed: int, typical_income: Decimal | None, about: Mapping[str, Any]
) -> ApprovalForest:
    """`typical_income` is the shop's, in its currency; the data's own without. Raises TooFewApplications."""
    refuse_too_few(applications)
    filled = filling(applications)
    rows = values(applications, filled)
    support = support_of(rows)
    forest = grown(support.clamped(rows), applications.approved, SIGNS, seed)
    slope, offset = calibration(forest, applications.approved)
    return ApprovalForest(
        trees=_trees(forest), slope=slope, offset=offset, support=support,
        typical_income=typical_income or Decimal(str(filled.typical_income)),
        usual_history=bool(filled.has_credit_history), about=about,
    )  # fmt: skip


def support_of(rows: Any) -> Support:
    least, most = np.quantile(rows[:, RATIOS], TAILS, axis=0)
    return Support(tuple(least.tolist()), tuple(most.tolist()))


def refuse_too_few(applications: Applications) -> None:
    approved = int(applications.approved.sum())
    if len(applications) < FEWEST or min(approved, len(applications) - approved) < FEWEST // 5:
        raise TooFewApplications(
            f"Too few applications to learn from: {len(applications)}, {approved} of them approved; "
            f"{FEWEST} are needed, {FEWEST // 5} of either decision."
        )


def grown(rows: Any, approved: Any, signs: tuple[int, ...], seed: int, **options: Any) -> Any:
    """A forest that knows what its trees say of applications that they have not seen."""
    forest = RandomForestClassifier(
        TREES, min_samples_leaf=LEAST_IN_LEAF, min_samples_split=LEAST_TO_SPLIT, max_features=FEATURES_TRIED,
        monotonic_cst=list(signs), oob_score=True, random_state=seed, **options,
    )  # fmt: skip
    return forest.fit(rows, approved)


def calibration(forest: Any, approved: Any) -> tuple[float, float]:
    """Slope and offset."""
    platt = LogisticRegression(C=1e6).fit(forest.oob_decision_function_[:, 1:], approved)
    slope = float(platt.coef_[0][0])
    if slope <= 0:
        raise TooFewApplications(
            "What was learnt does not hold for applications that were left out: more are needed."
        )
    return slope, float(platt.intercept_[0])


def _trees(forest: Any) -> Trees:
    parts, roots, start = [], [], 0
    for each in (estimator.tree_ for estimator in forest.estimators_):
        itself, is_leaf = np.arange(each.node_count), each.children_left < 0
        parts.append({
            "feature": np.where(is_leaf, 0, each.feature),
            "threshold": np.where(is_leaf, np.inf, each.threshold),
            "left": start + np.where(is_leaf, itself, each.children_left),
            "right": start + np.where(is_leaf, itself, each.children_right),
            "value": each.value[:, 0, 1],
        })  # fmt: skip
        roots.append(start)
        start += each.node_count
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Trees(**joined, roots=np.array(roots))
