"""Pairs of a product's reviews out of a file of Amazon Review Data, for a chat model to label.

Neighbours of one product make a pair, in the order of the file. Which pairs are taken follows from a hash of
each, so that a larger number takes the smaller number's pairs and more.
"""

import heapq
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from recommender.chat.protocol import without_private_data
from shop.amazon.lines import LineFile
from shop.amazon.records import fields_of, is_review, refuse_another_format, review_from
from shop.amazon.rejects import Rejected

READ_WORDS = 110  # of each review; the beginnings say what matters
FEWEST_WORDS = 4
MOST_OF_A_PRODUCT = 4  # pairs: more varied text teaches more
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class ReviewSide:
    text: str
    stars: int


@dataclass(frozen=True, slots=True)
class ReviewPair:
    """`id` follows from the two reviews, so that the same two are the same pair in any file."""

    id: str
    asin: str
    a: ReviewSide
    b: ReviewSide


def pairs_in(path: Path, limit: int | None) -> list[ReviewPair]:
    """Up to `limit` pairs, in the order of their ids. Raises ShopError where the file cannot be read."""
    file = LineFile(path)
    refuse_another_format(file, is_review, "reviews")
    pairs = paired(file)
    if limit is None:
        return sorted(pairs, key=lambda pair: pair.id)
    return heapq.nsmallest(limit, pairs, key=lambda pair: pair.id)


def paired(file: LineFile) -> Iterator[ReviewPair]:
    """At most one review of a product waits at a time, however large the file is."""
    waiting: dict[str, tuple[str, ReviewSide]] = {}
    taken: Counter[str] = Counter()
    with file:
        for line in file:
            try:
                review = review_from(fields_of(line), b"")
            except Rejected:
                continue
            text = beginning(review.body)
            if len(text.split()) < FEWEST_WORDS or taken[review.asin] == MOST_OF_A_PRODUCT:
                continue
            side = ReviewSide(text, review.stars)
            source, other = waiting.pop(review.asin, ("", None))
            if other is None or other.text == text:  # the same text twice says nothing new
                waiting[review.asin] = (review.source_id, side)
                continue
            taken[review.asin] += 1
            number = sha256(f"{source} {review.source_id}".encode()).hexdigest()[:16]
            yield ReviewPair(number, review.asin, other, side)


def beginning(body: str) -> str:
    """What is read of a review, on one line, without what is private."""
    return " ".join(_SPACES.split(without_private_data(body).strip())[:READ_WORDS])
