"""Behaviour for a catalogue whose matrix of items by items is too large: each item beside a few others.

The dense model (`behaviour.fit`) inverts a matrix of all items. Here each item has a small regression of its
own, on the items that most often came before it, a hundred at most: the same equations, cut out of the same
matrices, which stay sparse. Letters: N items, M neighbours of each.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

from recommender.behaviour import USUAL, Floats, Integers, Interactions, Settings, fit, products_of

MOST_DENSE = 10_000  # items: up to here a dense matrix takes seconds and some hundred MB
NEIGHBOURS = 100
KEPT = 200  # of a dense row, the largest
AT_ONCE = 2_000
SHRINK = 5.0  # events together below which two items are hardly neighbours


def fitted(data: Interactions, settings: Settings = USUAL) -> Any:
    """(items, items), sparse: as `behaviour.fit`, in the way that suits the size of the catalogue."""
    if not data.item_count:
        return csr_matrix((0, 0), dtype=np.float32)
    if data.item_count <= MOST_DENSE:
        return strongest(fit(data, settings))
    return fit_sparsely(data, settings)


def strongest(weights: Floats, kept: int = KEPT) -> Any:
    """Of each row the `kept` entries that are largest, whatever their sign."""
    if kept >= weights.shape[1]:
        return csr_matrix(weights)
    places = np.argpartition(-np.abs(weights), kept - 1, axis=1)[:, :kept]
    values = np.take_along_axis(weights, places, axis=1)
    starts = np.arange(len(weights) + 1) * kept
    return csr_matrix((values.ravel(), places.ravel(), starts), shape=weights.shape)


def fit_sparsely(data: Interactions, settings: Settings = USUAL, neighbours: int = NEIGHBOURS) -> Any:
    """(items, items), sparse: each column a ridge regression on its nearest items alone."""
    shape = (data.item_count, data.item_count)
    gram, together = csr_matrix(shape, dtype=np.float32), csc_matrix(shape, dtype=np.float32)
    for beside, before in products_of(data, settings.visit_decay):
        gram, together = gram + beside, together + before.tocsc()
    gram.sort_indices()
    parts = list(columns_of(gram, together, settings.ridge, neighbours))
    if not parts:  # nobody touched two
        return csr_matrix(shape, dtype=np.float32)
    rows, columns, values = (np.concatenate(each) for each in zip(*parts, strict=True))
    return csr_matrix((values, (rows, columns)), shape=shape)


def columns_of(
    gram: csr_matrix, together: csc_matrix, ridge: float, neighbours: int
) -> Iterator[tuple[Integers, Integers, Floats]]:
    """Rows, column and values of one item after another that anything came before."""
    sizes = gram.diagonal() + SHRINK
    for item in range(together.shape[1]):
        part = slice(together.indptr[item], together.indptr[item + 1])
        before, strength = together.indices[part], together.data[part]
        if len(before) > neighbours:
            near = np.argpartition(-strength / np.sqrt(sizes[before]), neighbours - 1)[:neighbours]
            before, strength = before[near], strength[near]
        if len(before):
            order = np.argsort(before)
            before, strength = before[order], strength[order]
            square = among(gram, before)
            square[np.diag_indices_from(square)] += ridge
            values = np.linalg.solve(square, strength)
            yield before, np.full(len(before), item), values.astype(np.float32)


def among(matrix: csr_matrix, items: Integers) -> Floats:
    """(M, M) dense: the rows and columns of `items`, which are sorted as those of the matrix are."""
    square = np.zeros((len(items), len(items)), np.float32)
    for place, item in enumerate(items):
        part = slice(matrix.indptr[item], matrix.indptr[item + 1])
        held, values = matrix.indices[part], matrix.data[part]
        found = np.searchsorted(held, items)
        found[found == len(held)] = 0
        is_there = held[found] == items
        square[place, is_there] = values[found[is_there]]
    return square
