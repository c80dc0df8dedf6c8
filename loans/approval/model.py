"""The approval model: a calibrated random forest, read from a page of JSON and a file of trees.

Numbers only: neither scikit-learn nor a pickle is needed to ask it. It tells how likely a bank would
approve a home loan; it knows nothing of whether loans are paid back.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from safetensors import SafetensorError
from safetensors.numpy import load, save

from loans.approval.exceptions import LoanModelUnusable
from loans.approval.features import FEATURES, NAMES, RATIOS, Columns, features
from loans.offers import Finances, Likelihood, Loan

FILE = "model.json"
VERSION = 1
ARRAYS = {
    "feature": np.int8, "threshold": np.float64, "left": np.int32, "right": np.int32, "value": np.float64,
    "roots": np.int32,
}  # fmt: skip


@dataclass(frozen=True)
class Trees:
    """M nodes of T trees, a node before its branches.

    A row goes to the left branch where its `feature` is at most the `threshold`; a leaf leads to itself.
    `value` is the share of approved applications in a node.
    """

    feature: Any  # (M,)
    threshold: Any
    left: Any
    right: Any
    value: Any
    roots: Any  # (T,)

    def mean(self, rows: Any) -> Any:
        """(N, FEATURES) to (N,). Rows between the same thresholds are looked at once."""
        cells = np.column_stack(
            [np.searchsorted(edges, rows[:, place]) for place, edges in enumerate(self.edges)]
        )
        _, first, back = np.unique(cells, axis=0, return_index=True, return_inverse=True)
        return self._mean(rows[first])[back.reshape(-1)]

    @cached_property
    def edges(self) -> list[Any]:
        """The thresholds of each feature."""
        is_split = self.left != np.arange(len(self.left))
        return [
            np.unique(self.threshold[is_split & (self.feature == place)]) for place in range(len(FEATURES))
        ]

    @cached_property
    def bytes(self) -> bytes:
        return save({name: getattr(self, name).astype(kind) for name, kind in ARRAYS.items()})

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.bytes).hexdigest()

    def _mean(self, rows: Any) -> Any:
        number = np.arange(len(rows))[:, None]
        at, before = np.tile(self.roots, (len(rows), 1)), None  # (N, T)
        while before is None or (at != before).any():
            before = at
            goes_left = rows[number, self.feature[at]] <= self.threshold[at]
            at = np.where(goes_left, self.left[at], self.right[at])
        return self.value[at].mean(axis=1)


@dataclass(frozen=True)
class Support:
    """The least and the largest of both ratios in FEATURES that the model can tell about."""

    least: tuple[float, ...]
    most: tuple[float, ...]

    def holds(self, rows: Any) -> Any:
        ratios = rows[:, RATIOS]
        return ((ratios >= self.least) & (ratios <= self.most)).all(axis=1)

    def clamped(self, rows: Any) -> Any:
        found = rows.copy()
        found[:, RATIOS] = np.clip(rows[:, RATIOS], self.least, self.most)
        return found


@dataclass(frozen=True)
class ApprovalForest:
    """`slope` and `offset` calibrate the mean of the trees (Platt 1999)."""

    trees: Trees
    slope: float
    offset: float
    support: Support
    typical_income: Decimal  # of a month, in the shop's currency
    usual_history: bool  # stands in where a shopper does not say
    about: Mapping[str, Any]  # the data, the training and its figures, for people

    @classmethod
    def load(cls, directory: Path) -> "ApprovalForest":
        """Raises LoanModelUnusable."""
        try:
            page = json.loads((directory / FILE).read_text(encoding="utf-8"))
            content = (directory / page["trees"]["file"]).read_bytes()
            return _from_page(page, content)
        except OSError as error:
            name = Path(str(error.filename)).name
            raise LoanModelUnusable(directory, f"{name} cannot be read ({error.strerror})") from error
        except KeyError as error:
            raise LoanModelUnusable(directory, f"it lacks or misnames {error}") from error
        except (ValueError, TypeError, AttributeError, ArithmeticError, SafetensorError) as error:
            raise LoanModelUnusable(directory, f"it is damaged ({error})") from error

    @cached_property
    def text(self) -> str:
        """The page that `load` reads beside the trees."""
        return json.dumps(_page(self), indent=2, ensure_ascii=False) + "\n"

    @cached_property
    def hash(self) -> str:
        """Of all that a likelihood depends on: the page names the hash of the trees."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def data_hash(self) -> str:
        return str(self.about["data"]["sha256"])

    def chances(self, rows: Any) -> Any:
        """(N, FEATURES) to (N,). Falls as a ratio grows: every tree does, and the slope is positive."""
        mean = self.trees.mean(self.support.clamped(rows))
        return 1 / (1 + np.exp(-(self.offset + self.slope * mean)))

    def likelihood(
        self, finances: Finances, principal: Decimal, annual_rate: Decimal, months: int
    ) -> Likelihood:
        return self.likelihoods(finances, [Loan(principal, annual_rate, months)])[0]

    def likelihoods(self, finances: Finances, loans: Sequence[Loan]) -> list[Likelihood]:
        rows = self.features(finances, loans)
        return [
            Likelihood(float(chance), not is_held)
            for chance, is_held in zip(self.chances(rows), self.support.holds(rows), strict=True)
        ]

    def features(self, finances: Finances, loans: Sequence[Loan]) -> Any:
        """(loans, FEATURES)."""
        history = finances.has_credit_history
        return features(
            Columns(
                float(finances.income), float(finances.coapplicant_income),
                float(self.usual_history if history is None else history),
                *np.array([[float(number) for number in loan] for loan in loans]).T,
            ),
            float(self.typical_income),
        )  # fmt: skip


def approval_model() -> ApprovalForest:
    """The configured one, read once a process."""
    return _loaded(Path(settings.LOAN_MODEL_DIR))


@cache
def _loaded(directory: Path) -> ApprovalForest:
    return ApprovalForest.load(directory)


def write(model: ApprovalForest, directory: Path) -> None:
    """The trees under a name of their own, then the page that names them: replacing it replaces the model."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in ((_trees_file(model), model.trees.bytes), (FILE, model.text.encode())):
        part = directory / f".{name}.part"
        part.write_bytes(content)
        part.replace(directory / name)
    for old in directory.glob("trees-*.safetensors"):
        if old.name != _trees_file(model):
            old.unlink()


def _trees_file(model: ApprovalForest) -> str:
    return f"trees-{model.trees.sha256[:12]}.safetensors"


def _page(model: ApprovalForest) -> dict[str, Any]:
    return {
        "what": "Larder approval model: likelihood that a bank approves a home loan, never of default",
        "version": VERSION,
        "features": list(NAMES),
        "trees": {"file": _trees_file(model), "sha256": model.trees.sha256, "number": len(model.trees.roots)},
        "calibration": {"slope": model.slope, "offset": model.offset},
        "support": {
            NAMES[place]: [least, most]
            for place, least, most in zip(RATIOS, model.support.least, model.support.most, strict=True)
        },
        "typical_income": str(model.typical_income),
        "usual_history": model.usual_history,
        "about": model.about,
    }


def _from_page(page: Mapping[str, Any], content: bytes) -> ApprovalForest:
    if page["version"] != VERSION or tuple(page["features"]) != NAMES:
        raise ValueError(f"version {page['version']} of other features, and this shop reads {VERSION}")
    if hashlib.sha256(content).hexdigest() != page["trees"]["sha256"]:
        raise ValueError("the trees are not those that were written")
    arrays = load(content)
    ends = [page["support"][NAMES[place]] for place in RATIOS]
    model = ApprovalForest(
        trees=Trees(**{name: arrays[name] for name in ARRAYS}),
        slope=_number(page["calibration"], "slope"),
        offset=_number(page["calibration"], "offset"),
        support=Support(tuple(float(each[0]) for each in ends), tuple(float(each[1]) for each in ends)),
        typical_income=Decimal(page["typical_income"]),
        usual_history=bool(page["usual_history"]),
        about=page["about"],
    )
    _refuse_senseless(model)
    return model


def _number(page: Mapping[str, Any], key: str) -> float:
    number = float(page[key])
    if not math.isfinite(number):
        raise ValueError(f"{key} is {number}")
    return number


def _refuse_senseless(model: ApprovalForest) -> None:
    if model.slope <= 0:
        raise ValueError("the slope of the calibration is not above nothing")
    if not (model.typical_income.is_finite() and model.typical_income > 0):
        raise ValueError("the typical income is not an amount")
    if not all(
        0 <= least < most for least, most in zip(model.support.least, model.support.most, strict=True)
    ):
        raise ValueError("the support is not a range")
    if not is_falling(model.trees):
        raise ValueError("a tree finds a larger loan likelier")


def is_falling(trees: Trees) -> bool:
    """Whether, at every split by a ratio, no leaf to the right is above any to the left."""
    low, high = trees.value.copy(), trees.value.copy()
    for node in range(len(trees.left) - 1, -1, -1):  # branches stand after their node
        left, right = trees.left[node], trees.right[node]
        if left == node:
            continue
        if FEATURES[trees.feature[node]].sign and high[right] > low[left]:
            return False
        low[node], high[node] = min(low[left], low[right]), max(high[left], high[right])
    return True
