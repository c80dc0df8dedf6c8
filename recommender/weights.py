"""What behaviour taught, as a file: written whole by the worker, read by every web process.

A version is one file; the latest that can be read counts. Web processes look for a new one every few
seconds, and need NumPy alone. Letters: N items, W weights kept.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar
from uuid import uuid4

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from recommender.exceptions import BehaviourUnreadable

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
ReadT = TypeVar("ReadT")

KEPT_VERSIONS = 2  # the latest, and the one before for whoever is just reading it
LOOK_AGAIN = 2.0  # seconds
SUFFIX = ".safetensors"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fitted:
    """How a version came about. `up_to` is the last interaction that it knows, by id."""

    version: str
    fitted_at: datetime
    interactions: int
    up_to: int
    way: str  # "dense" or "sparse"


@dataclass(frozen=True, slots=True)
class Weights:
    """(N, N), sparse by rows: how much having touched the row's product speaks for the column's."""

    fitted: Fitted
    product_ids: Integers  # (N,), sorted
    support: Floats  # (N,) how many events of a purchase's strength each product has
    starts: Integers  # (N + 1,)
    columns: npt.NDArray[np.int32]  # (W,)
    values: Floats  # (W,)

    def __post_init__(self) -> None:
        """Raises ValueError where the parts do not fit each other."""
        size = len(self.product_ids)
        if not (
            len(self.support) == size
            and len(self.starts) == size + 1
            and len(self.columns) == len(self.values) == int(self.starts[-1])
            and bool(np.all(np.diff(self.product_ids) > 0))
            and (size == 0 or int(self.columns.max(initial=0)) < size)
        ):
            raise ValueError("its parts do not fit each other")

    def scores(self, context: Mapping[int, float]) -> Floats:
        """(N,) how well each product goes with what was touched, by product id with its weight."""
        found = np.zeros(len(self.product_ids), np.float32)
        for place, weight in zip(self.rows_of(list(context)).tolist(), context.values(), strict=True):
            if place >= 0:
                part = slice(self.starts[place], self.starts[place + 1])
                found[self.columns[part]] += np.float32(weight) * self.values[part]
        return found

    def evidence(self, context: Mapping[int, float]) -> float:
        """How many events of others stand behind what was touched; a faint touch brings fewer of them."""
        rows = self.rows_of(list(context))
        weights = np.minimum(np.fromiter(context.values(), np.float64, len(context)), 1.0)
        return float((weights * self.support[rows])[rows >= 0].sum()) if len(self.support) else 0.0

    def rows_of(self, product_ids: Sequence[int]) -> Integers:
        """(product_ids,) the row of each, -1 where nobody has touched it yet."""
        wanted = np.array(product_ids, np.int64)
        if not len(self.product_ids):
            return np.full(len(wanted), -1)
        found = np.minimum(np.searchsorted(self.product_ids, wanted), len(self.product_ids) - 1)
        return np.where(self.product_ids[found] == wanted, found, -1)


NOTHING = Weights(
    Fitted("", datetime.min.replace(tzinfo=UTC), 0, 0, ""),
    np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(1, np.int64), np.zeros(0, np.int32),
    np.zeros(0, np.float32),
)  # fmt: skip


def new_version(now: datetime) -> str:
    """Versions sort by when they were made."""
    return f"{now:%Y%m%dT%H%M%S%f}-{uuid4().hex[:6]}"


def store(directory: Path, weights: Weights) -> Path:
    """Write a version beside the others, whole or not at all, and remove those that are long past."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{weights.fitted.version}{SUFFIX}"
    part = directory / f".{path.name}.part"
    save_file(
        {
            "product_ids": weights.product_ids,
            "support": weights.support,
            "starts": weights.starts,
            "columns": weights.columns,
            "values": weights.values,
        },
        part,
        metadata={
            "fitted_at": weights.fitted.fitted_at.isoformat(),
            "interactions": str(weights.fitted.interactions),
            "up_to": str(weights.fitted.up_to),
            "way": weights.fitted.way,
        },
    )
    part.replace(path)
    for old in versions(directory)[KEPT_VERSIONS:]:
        old.unlink(missing_ok=True)
    for left in directory.glob(".*.part"):  # of a process that was killed while it wrote
        left.unlink(missing_ok=True)
    return path


def versions(directory: Path) -> list[Path]:
    """The latest first."""
    return sorted(directory.glob(f"*{SUFFIX}"), reverse=True)


def read(path: Path) -> Weights:
    """Raises BehaviourUnreadable."""
    with opened(path) as file:
        parts = {name: file.get_tensor(name) for name in Weights.__slots__ if name != "fitted"}
        return Weights(told_by(path, file), **parts)


def read_fitted(path: Path) -> Fitted:
    """How the version came about: the head of its file alone is read. Raises BehaviourUnreadable."""
    with opened(path) as file:
        return told_by(path, file)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Raises BehaviourUnreadable, where what is done inside meets something else than a version, too."""
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise BehaviourUnreadable(path, str(error)) from error


def told_by(path: Path, file: Any) -> Fitted:
    told = file.metadata() or {}
    return Fitted(
        path.name.removesuffix(SUFFIX),
        datetime.fromisoformat(told["fitted_at"]),
        int(told["interactions"]),
        int(told["up_to"]),
        told["way"],
    )


def latest(directory: Path) -> Weights:
    """The latest version that can be read; NOTHING where there is none."""
    return first_that(read, directory) or NOTHING


def latest_fitted(directory: Path) -> Fitted:
    """That of `latest`, without its numbers."""
    return first_that(read_fitted, directory) or NOTHING.fitted


def first_that(read_as: Callable[[Path], ReadT], directory: Path) -> ReadT | None:
    """What `read_as` makes of the latest version that it can read."""
    for path in versions(directory):
        try:
            return read_as(path)
        except BehaviourUnreadable as error:
            logger.warning("%s", error)
    return None


@dataclass(slots=True)
class _Held:
    """What this process has read, of which directory, and when it looks again."""

    directory: Path
    newest: str
    weights: Weights
    until: float


_holding = Lock()
_held: list[_Held] = []


def held(directory: Path) -> Weights:
    """The process's own copy of the latest version, at most LOOK_AGAIN seconds behind."""
    with _holding:
        mine = _held[0] if _held and _held[0].directory == directory else None
        now = time.monotonic()
        if mine and now < mine.until:
            return mine.weights
        newest = next((path.name for path in versions(directory)), "")
        if mine and mine.newest == newest:
            _held[0] = replace(mine, until=now + LOOK_AGAIN)
            return mine.weights
        weights = latest(directory)
        _held[:] = [_Held(directory, newest, weights, now + LOOK_AGAIN)]
        return weights
