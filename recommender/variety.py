"""No four products that are nearly the same."""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np

from recommender.embedding import Floats
from recommender.statements import array, rows_of

SAME_THING = 0.93  # cosine from which two products are the same in another flavour

Same = Collection[frozenset[int]]
"""Pairs of products, by id, that are nearly the same."""

NEARLY_SAME = """
    SELECT one.product_id, other.product_id
    FROM recommender_productentry AS one JOIN recommender_productentry AS other
        ON one.product_id < other.product_id AND one.embedding <=> other.embedding <= %(apart)s::float8
    WHERE one.product_id = ANY(%(ids)s::bigint[]) AND other.product_id = ANY(%(ids)s::bigint[])
"""


class Numbered(Protocol):
    @property
    def product_id(self) -> int: ...


OneT = TypeVar("OneT", bound=Numbered)


def same_among(product_ids: Sequence[int], meanings: Floats) -> Same:
    """`meanings` are the vectors of the products, (products, dimensions), each of length one or zero."""
    pairs = np.argwhere(np.tril(meanings @ meanings.T >= SAME_THING, -1)).tolist()
    return {frozenset((product_ids[one], product_ids[other])) for one, other in pairs}


def same_of(product_ids: Iterable[int]) -> Same:
    """As `same_among`, by the vectors that are stored."""
    asked = {"ids": array(product_ids), "apart": 1 - SAME_THING}
    return {frozenset(pair) for pair in rows_of(NEARLY_SAME, asked)}


def varied(ranked: Iterable[OneT], same: Same, limit: int) -> list[OneT]:
    """The first without what is nearly the same as something before it; that only for want of others."""
    first: list[OneT] = []
    rest: list[OneT] = []
    for one in ranked:
        if len(first) == limit:
            break
        is_new = all(frozenset((one.product_id, other.product_id)) not in same for other in first)
        (first if is_new else rest).append(one)
    return (first + rest)[:limit]
