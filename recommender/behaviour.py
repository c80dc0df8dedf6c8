"""What goes with what was bought before: a linear model from a shopper's past to the next product.

Each event of the training data is a row: what its shopper had bought by that day is regressed, by ridge, on
what was bought then (SLIT: Choi et al., WWW 2021). Products of one day, whose order nobody knows, predict
each other; older visits count less. Unlike EASE, what was bought later predicts nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack
from scipy.sparse import csc_matrix, csr_matrix

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

PAIRS_AT_ONCE = 4_000_000  # of events of one user: memory is bounded, however long the history


@dataclass(frozen=True, slots=True)
class Interactions:
    """Events sorted by user, then time. Users and items are numbered from 0; days may begin anywhere.

    `strengths` say how much an event tells: one where nothing else is said.
    """

    users: Integers
    items: Integers
    days: Integers
    user_count: int
    item_count: int
    strengths: Floats = field(default_factory=lambda: np.zeros(0, np.float32))

    def __post_init__(self) -> None:
        if len(self.strengths) != len(self.users):
            object.__setattr__(self, "strengths", np.ones(len(self.users), np.float32))


@dataclass(frozen=True, slots=True)
class Settings:
    """Chosen on the last but one interactions of Amazon Grocery 2014 5-core."""

    visit_decay: float = 0.8  # from visit to visit, in training
    ridge: float = 300.0
    position_decay: float = 0.8  # from event to event, in a shopper's context
    days: float = 30.0  # in which the recent part of the context fades by 1/e
    lasting: float = 0.1  # what never fades, beside it


USUAL = Settings()


def fit(data: Interactions, settings: Settings = USUAL) -> Floats:
    """(items, items): how much having bought the row's speaks for the column's. Dense, single precision."""
    gram = np.zeros((data.item_count, data.item_count), np.float32, order="F")
    together = csc_matrix(gram.shape, dtype=np.float32)
    for beside, before in products_of(data, settings.visit_decay):
        places = beside.tocoo()
        gram[places.row, places.col] += places.data
        together = together + before.tocsc()
    gram[np.diag_indices_from(gram)] += settings.ridge
    weights: Floats = (together.T @ inverse(gram)).T  # the inverse is symmetric
    return weights


def products_of(data: Interactions, decay: float) -> Iterator[tuple[Any, Any]]:
    """Of some shoppers after others, (items, items), sparse: what each had by the day of an event beside what
    else they had by then, and before what came; to be added up."""
    for part in parts(data):
        past, bought = pasts(part, decay)
        weighed = past.T.multiply(part.strengths).tocsr()
        yield weighed @ past, weighed @ bought


def parts(data: Interactions, pairs_at_once: int = PAIRS_AT_ONCE) -> Iterator[Interactions]:
    """Whole users, as many as have no more than about `pairs_at_once` pairs of events."""
    _, first, sizes = np.unique(data.users, return_index=True, return_counts=True)
    part = (np.cumsum(sizes * sizes) - 1) // pairs_at_once
    begins = first[np.diff(part, prepend=-1) > 0].tolist()
    for begin, end in pairwise([*begins, len(data.users)]):
        some = slice(begin, end)
        yield replace(
            data,
            users=data.users[some],
            items=data.items[some],
            days=data.days[some],
            strengths=data.strengths[some],
        )


def pasts(data: Interactions, decay: float) -> tuple[Any, Any]:
    """(events, items), sparse: what each event's shopper had by that day, and what it was."""
    rows, columns = pairs(data.users)
    is_past = (data.days[rows] >= data.days[columns]) & (rows != columns)
    rows, columns = rows[is_past], columns[is_past]
    visits = visits_of(data)
    values = np.float32(decay) ** (visits[rows] - visits[columns]).astype(np.float32)
    values *= data.strengths[columns]
    shape = (len(data.items), data.item_count)
    ones = np.ones(len(data.items), np.float32)
    return (
        csr_matrix((values, (rows, data.items[columns])), shape=shape),
        csr_matrix((ones, (np.arange(len(data.items)), data.items)), shape=shape),
    )


def pairs(users: Integers) -> tuple[Integers, Integers]:
    """Of sorted users, all pairs of events of the same one."""
    _, first, sizes = np.unique(users, return_index=True, return_counts=True)
    of_each = np.repeat(sizes, sizes)  # how many partners each event has
    rows = np.repeat(np.arange(len(users)), of_each)
    starts = np.repeat(np.repeat(first, sizes), of_each)
    places = np.arange(len(rows)) - np.repeat(np.cumsum(of_each) - of_each, of_each)
    return rows, starts + places


def visits_of(data: Interactions) -> Integers:
    """The number of each event's visit: a day of a user."""
    begins = np.ones(len(data.users), dtype=np.int64)
    begins[1:] = (np.diff(data.users) != 0) | (np.diff(data.days) != 0)
    return np.cumsum(begins)


def inverse(matrix: Floats) -> Floats:
    """Of a symmetric positive definite matrix, which is overwritten (Cholesky)."""
    factor, failed = lapack.spotrf(matrix, lower=1, overwrite_a=1)
    found, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise np.linalg.LinAlgError("the matrix is not positive definite: raise the ridge")
    lower: Floats = np.tril(found)
    return lower + np.tril(lower, -1).T


def contexts(data: Interactions, settings: Settings = USUAL) -> Any:
    """(users, items), sparse: what each bought, the recent more. Times the weights: the scores."""
    last = np.searchsorted(data.users, data.users, side="right") - 1
    places = (last - np.arange(len(data.users))).astype(np.float32)
    ages = (data.days[last] - data.days).astype(np.float32)
    fading = np.exp(-ages / np.float32(settings.days)) + np.float32(settings.lasting)
    values = np.float32(settings.position_decay) ** places * fading
    return csr_matrix((values, (data.users, data.items)), shape=(data.user_count, data.item_count))
