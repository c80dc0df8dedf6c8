"""Fit the score: a logistic regression whose signs are what they must be, then calibrated.

A characteristic that comes out with the wrong sign is dropped, the worst first, and the rest fitted
again. Calibration (Platt 1999) is of predictions for customers whom the fit has not seen.
"""

import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from loans.scoring.cohorts import Cohort
from loans.scoring.exceptions import TooFewPurchases
from loans.scoring.features import CHARACTERISTICS
from loans.scoring.model import ScoreModel, Weight

INVERSE_PENALTY = 0.01  # chosen among .01, .1 and 1 (docs/decisions/0012)
FOLDS = 5
FEWEST = 100  # customers, and a fifth of them of either outcome


class Regression(NamedTuple):
    """`columns` are places in CHARACTERISTICS."""

    columns: list[int]
    coefficients: Any
    intercept: float
    means: Any
    deviations: Any

    def log_odds(self, scaled: Any) -> Any:
        standard = (scaled[:, self.columns] - self.means) / self.deviations
        return standard @ self.coefficients + self.intercept


def fit(cohort: Cohort, typical_order: Decimal, about: Mapping[str, Any]) -> ScoreModel:
    """Raises TooFewPurchases."""
    _refuse_too_few(cohort)
    scaled = scaled_values(cohort)
    regression = _regression(scaled, cohort.ordered_again)
    slope, offset = _calibration(scaled, cohort)
    return ScoreModel(
        weights=tuple(
            Weight(CHARACTERISTICS[place], float(coefficient), float(mean), float(deviation))
            for place, coefficient, mean, deviation in zip(
                regression.columns, regression.coefficients, regression.means, regression.deviations,
                strict=True,
            )
        ),
        intercept=regression.intercept, slope=slope, offset=offset,
        base_rate=float(cohort.ordered_again.mean()), typical_order=typical_order, about=about,
    )  # fmt: skip


def scaled_values(cohort: Cohort) -> Any:
    scaled = cohort.values.copy()
    places = [place for place, each in enumerate(CHARACTERISTICS) if each.is_logarithmic]
    scaled[:, places] = np.log1p(scaled[:, places])
    return scaled


def log_odds(model: ScoreModel, cohort: Cohort) -> Any:
    """Of every row at once; what `model.log_odds` says of each."""
    scaled, total = scaled_values(cohort), np.full(len(cohort), model.intercept)
    for each in model.weights:
        column = scaled[:, CHARACTERISTICS.index(each.characteristic)]
        total += each.coefficient * (column - each.mean) / each.deviation
    return model.offset + model.slope * total


def _refuse_too_few(cohort: Cohort) -> None:
    customers = len(set(cohort.customers))
    again = len(set(cohort.customers[cohort.ordered_again]))
    not_again = len(set(cohort.customers[~cohort.ordered_again]))
    if customers < FEWEST or min(again, not_again) < FEWEST // 5:
        raise TooFewPurchases(
            f"Too few orders to learn from: {customers} customers with an order and 90 days before and after "
            f"it, {again} of whom ordered again within 90 days and {not_again} of whom did not; "
            f"{FEWEST} are needed, {FEWEST // 5} of either. Train on a public history with --purchases."
        )


def _regression(scaled: Any, outcomes: Any) -> Regression:
    columns = [place for place in range(len(CHARACTERISTICS)) if scaled[:, place].std() > 1e-9]
    while columns:
        chosen = scaled[:, columns]
        means, deviations = chosen.mean(axis=0), chosen.std(axis=0)
        fitted = LogisticRegression(C=INVERSE_PENALTY, max_iter=1000).fit(
            (chosen - means) / deviations, outcomes
        )
        signed = fitted.coef_[0] * [CHARACTERISTICS[place].sign for place in columns]
        if signed.min() > 0:
            return Regression(columns, fitted.coef_[0], float(fitted.intercept_[0]), means, deviations)
        columns.pop(int(signed.argmin()))
    raise TooFewPurchases("No characteristic tells those who order again from those who do not.")


def _calibration(scaled: Any, cohort: Cohort) -> tuple[float, float]:
    """Slope and offset. A customer's rows stand in one fold."""
    folds = np.array([zlib.crc32(f"fold {each}".encode()) % FOLDS for each in cohort.customers])
    unseen = np.zeros(len(cohort))
    for fold in range(FOLDS):
        held = folds == fold
        unseen[held] = _regression(scaled[~held], cohort.ordered_again[~held]).log_odds(scaled[held])
    platt = LogisticRegression(C=1e6).fit(unseen[:, None], cohort.ordered_again)
    slope = float(platt.coef_[0][0])
    if slope <= 0:
        raise TooFewPurchases(
            "What was learnt does not hold for customers who were left out: more are needed."
        )
    return slope, float(platt.intercept_[0])
