"""The shop credit score: a logistic regression, read from a page of JSON, and its points and reasons."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from django.conf import settings

from loans.scoring.exceptions import ScoreModelUnusable
from loans.scoring.features import BY_NAME, Characteristic, features
from shop.selectors.purchases import Purchase

FILE = "model.json"
VERSION = 1
BASE_SCORE, POINTS_TO_DOUBLE_ODDS = 600, 50
LOWEST, HIGHEST = 350, 950
POINTS = POINTS_TO_DOUBLE_ODDS / math.log(2)  # of one unit of log-odds
# The lowest score of each band, best first: odds of 2, 1.4, 1 and .7 times the base odds.
BANDS = (("a", 650), ("b", 625), ("c", 600), ("d", 575), ("e", LOWEST))
MOST_REASONS = 4


@dataclass(frozen=True, slots=True)
class ShopScore:
    """`value` is None without orders; `band` is then "none", and "thin" with a single order."""

    value: int | None
    band: str
    reasons: tuple[str, ...]
    features: dict[str, float]
    model_hash: str


@dataclass(frozen=True, slots=True)
class Weight:
    """Of a characteristic, once it is scaled and standardised with the training's mean and deviation."""

    characteristic: Characteristic
    coefficient: float
    mean: float
    deviation: float

    def log_odds(self, values: Mapping[str, float]) -> float:
        scaled = self.characteristic.scaled(values[self.characteristic.name])
        return self.coefficient * (scaled - self.mean) / self.deviation


@dataclass(frozen=True)
class ScoreModel:
    """`slope` and `offset` calibrate the regression's log-odds (Platt 1999)."""

    weights: tuple[Weight, ...]
    intercept: float
    slope: float
    offset: float
    base_rate: float
    typical_order: Decimal
    about: Mapping[str, Any]  # the data and the training, for people

    @classmethod
    def load(cls, directory: Path) -> "ScoreModel":
        """Raises ScoreModelUnusable."""
        try:
            page = json.loads((directory / FILE).read_text(encoding="utf-8"))
            return _from_page(page)
        except OSError as error:
            raise ScoreModelUnusable(directory, f"{FILE} cannot be read ({error.strerror})") from error
        except KeyError as error:
            raise ScoreModelUnusable(directory, f"{FILE} lacks or misnames {error}") from error
        except (ValueError, TypeError, AttributeError, InvalidOperation) as error:
            raise ScoreModelUnusable(directory, f"{FILE} is damaged ({error})") from error

    @cached_property
    def text(self) -> str:
        """The page that `load` reads."""
        return json.dumps(_page(self), indent=2, ensure_ascii=False) + "\n"

    @cached_property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def data_hash(self) -> str:
        return str(self.about["data"]["sha256"])

    def score(self, purchases: Sequence[Purchase], as_of: datetime) -> ShopScore:
        return self.score_by(features(purchases, as_of, self.typical_order))

    def score_by(self, values: dict[str, float]) -> ShopScore:
        """By what `features` gives."""
        if not values:
            return ShopScore(None, "none", ("no_orders",), {}, self.hash)
        value = self.points(values)
        lost = self._reasons(values)
        if values["orders"] == 1:
            return ShopScore(value, "thin", ("one_order", *lost)[:MOST_REASONS], values, self.hash)
        return ShopScore(value, band_of(value), lost[:MOST_REASONS], values, self.hash)

    def log_odds(self, values: Mapping[str, float]) -> float:
        """Of an order within the horizon."""
        regression = self.intercept + sum(each.log_odds(values) for each in self.weights)
        return self.offset + self.slope * regression

    def points(self, values: Mapping[str, float]) -> int:
        base = math.log(self.base_rate / (1 - self.base_rate))
        return min(HIGHEST, max(LOWEST, round(BASE_SCORE + POINTS * (self.log_odds(values) - base))))

    def _reasons(self, values: Mapping[str, float]) -> tuple[str, ...]:
        """What loses at least a point against an average shopper of the training, most first."""
        points: Counter[str] = Counter()
        for each in self.weights:
            points[each.characteristic.reason] += POINTS * self.slope * each.log_odds(values)  # type: ignore[assignment]
        lost = sorted((gain, reason) for reason, gain in points.items() if gain <= -1)
        return tuple(reason for _, reason in lost)


def band_of(value: int) -> str:
    return next(band for band, lowest in BANDS if value >= lowest)


def score_model() -> ScoreModel:
    """The configured one, read once a process."""
    return _loaded(Path(settings.CREDIT_SCORE_DIR))


@cache
def _loaded(directory: Path) -> ScoreModel:
    return ScoreModel.load(directory)


def _page(model: ScoreModel) -> dict[str, Any]:
    return {
        "what": "Larder shop credit score: log-odds of an order in the next 90 days",
        "version": VERSION,
        "weights": {
            each.characteristic.name: {
                "coefficient": each.coefficient, "mean": each.mean, "deviation": each.deviation,
            }
            for each in model.weights
        },
        "intercept": model.intercept,
        "calibration": {"slope": model.slope, "offset": model.offset},
        "base_rate": model.base_rate,
        "typical_order": str(model.typical_order),
        "about": model.about,
    }  # fmt: skip


def _from_page(page: Mapping[str, Any]) -> ScoreModel:
    if page["version"] != VERSION:
        raise ValueError(f"version {page['version']}, and this shop reads {VERSION}")
    model = ScoreModel(
        weights=tuple(
            Weight(BY_NAME[name], *(_number(each, key) for key in ("coefficient", "mean", "deviation")))
            for name, each in page["weights"].items()
        ),
        intercept=_number(page, "intercept"),
        slope=_number(page["calibration"], "slope"),
        offset=_number(page["calibration"], "offset"),
        base_rate=_number(page, "base_rate"),
        typical_order=Decimal(page["typical_order"]),
        about=page["about"],
    )
    _refuse_senseless(model)
    return model


def _number(page: Mapping[str, Any], key: str) -> float:
    number = float(page[key])
    if not math.isfinite(number):
        raise ValueError(f"{key} is {number}")
    return number


def _refuse_senseless(model: ScoreModel) -> None:
    if not model.weights or any(
        each.coefficient * each.characteristic.sign <= 0 or each.deviation <= 0 for each in model.weights
    ):
        raise ValueError("a weight has the wrong sign, or there is none")
    if model.slope <= 0 or not 0 < model.base_rate < 1:
        raise ValueError("the calibration or the base rate is out of range")
    if not (model.typical_order.is_finite() and model.typical_order > 0):
        raise ValueError("the typical order is not an amount")
