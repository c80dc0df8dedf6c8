"""Reviews and labelled pairs: read from files, split so that no product or text leaks."""

import csv
import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seq2label.exceptions import MalformedData, NotEnoughData
from seq2label.files import open_text

DAMAGE = (UnicodeDecodeError, EOFError, OSError, zlib.error, csv.Error)
UNLABELLED: tuple[str, ...] = ()
READ_WORDS = 110
"""Labels were given after reading so many words of each review."""


@dataclass(frozen=True, slots=True)
class ReviewText:
    """What a shopper wrote and how many stars (1 to 5) they gave, where that is known."""

    text: str
    stars: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reviews, the labels each rater gave them, and the products they speak of."""

    id: str
    a: ReviewText
    b: ReviewText
    labels: tuple[str, ...] = ()
    second_labels: tuple[str, ...] = ()
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductReview:
    """An unlabelled review of one product."""

    product: str
    review: ReviewText


@dataclass(frozen=True, slots=True)
class Split:
    """Three parts that share neither a product nor a review's text."""

    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    test: tuple[Pair, ...]

    @property
    def held_out(self) -> tuple[Pair, ...]:
        """What training must not see in any form."""
        return self.validation + self.test


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, object); raises `MalformedData` with the line that is not one."""
    number = 0
    try:
        with open_text(path) as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                yield number, _object(line, path, number)
    except DAMAGE as error:
        raise _damaged(path, number + 1, error) from error


def _damaged(path: Path, number: int, error: Exception) -> MalformedData:
    if isinstance(error, UnicodeDecodeError):
        return MalformedData(path, number, "not UTF-8: store the file as UTF-8")
    return MalformedData(path, number, f"the file is cut short or damaged ({error})")


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise MalformedData(path, number, f"not JSON ({error.msg})") from error
    except RecursionError as error:
        raise MalformedData(path, number, "not JSON that can be read (it is nested too deeply)") from error
    except ValueError as error:  # more digits than Python takes
        raise MalformedData(path, number, "not JSON that can be read (a number is too long)") from error
    if not isinstance(row, dict):
        raise MalformedData(path, number, "a JSON object is expected")
    return row


def pairs_in(path: Path) -> Iterator[Pair]:
    """Stream the pairs of a JSON lines file; labels and stars may be absent."""
    yield from (pair for _, pair in _numbered_pairs(path))


def labelled_pairs(path: Path) -> list[Pair]:
    """All pairs of a file, each of which must carry labels and an id of its own."""
    found: dict[str, tuple[int, Pair]] = {}
    for number, pair in _numbered_pairs(path):
        if not pair.labels:
            raise MalformedData(path, number, f"pair {pair.id} has no labels")
        first, _ = found.setdefault(pair.id, (number, pair))
        if first != number:
            raise MalformedData(path, number, f"the id {pair.id} stands in line {first} already")
    return [pair for _, pair in found.values()]


def _numbered_pairs(path: Path) -> Iterator[tuple[int, Pair]]:
    """With the line of each."""
    for number, row in json_lines(path):
        try:
            yield number, _pair(row)
        except ValueError as error:
            raise MalformedData(path, number, str(error)) from error


def _pair(row: Mapping[str, Any]) -> Pair:
    return Pair(
        id=_text(row, "id"),
        a=ReviewText(_text(row, "review_a"), _stars(row.get("stars_a"))),
        b=ReviewText(_text(row, "review_b"), _stars(row.get("stars_b"))),
        labels=_labels(row.get("labels")),
        second_labels=_labels(row.get("labels_2")),
        products=tuple(_text(row, key) for key in ("asin", "asin_b") if row.get(key)),
    )


def reviews_in(path: Path) -> Iterator[ProductReview]:
    """Stream unlabelled reviews: Amazon JSON lines, or CSV with product, review and score."""
    if ".csv" in path.suffixes:
        yield from _csv_reviews(path)
        return
    for number, row in json_lines(path):
        if text := row.get("reviewText"):
            try:
                stars = _stars(row.get("overall"))
            except ValueError as error:
                raise MalformedData(path, number, str(error)) from error
            yield ProductReview(str(row.get("asin", "")), ReviewText(str(text), stars))


def _csv_reviews(path: Path) -> Iterator[ProductReview]:
    number = 0
    try:
        with open_text(path) as lines:
            rows = csv.DictReader(lines)
            if not {"product", "review", "score"} <= set(rows.fieldnames or ()):
                raise MalformedData(path, 1, "the columns product, review and score are expected")
            for row in rows:
                number = rows.line_num
                if row["review"] is None:
                    raise MalformedData(path, number, "it has no review")
                stars = 5 if row["score"] == "great" else None
                yield ProductReview(row["product"], ReviewText(row["review"], stars))
    except DAMAGE as error:
        raise _damaged(path, number + 1, error) from error


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise ValueError(f"“{key}” must be a text")
    return value


def _stars(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in {1, 2, 3, 4, 5}:
        raise ValueError(f"stars are whole numbers from 1 to 5, not {value!r}")
    return int(value)


def _labels(value: object) -> tuple[str, ...]:
    if value is None:
        return UNLABELLED
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise ValueError("“labels” must be a list of texts")
    return tuple(value)


def split_by_product(pairs: Sequence[Pair]) -> Split:
    """Split 80 : 10 : 10 by connected components over products and identical texts.

    The part of a component follows from the smallest product (or text) in it, so the same file
    always splits alike, whatever the order of its lines.
    """
    parts: tuple[list[Pair], list[Pair], list[Pair]] = ([], [], [])
    for component in _components(pairs):
        name = min(key for pair in component for key in _keys(pair))
        share = int(hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8], 16) % 10
        parts[max(0, share - 7)].extend(component)
    if not all(parts):
        raise NotEnoughData(
            f"{len(pairs)} pairs of too few products cannot be split into training, validation and test."
        )
    train, validation, test = (tuple(sorted(part, key=lambda pair: pair.id)) for part in parts)
    return Split(train, validation, test)


def _keys(pair: Pair) -> list[str]:
    return [*pair.products, *(f"text {side.text.strip()}" for side in (pair.a, pair.b) if side.text.strip())]


def _components(pairs: Sequence[Pair]) -> list[list[Pair]]:
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for pair in pairs:
        first, *others = _keys(pair) or [f"id {pair.id}"]
        for other in others:
            parent[root(other)] = root(first)
    components: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        components[root((_keys(pair) or [f"id {pair.id}"])[0])].append(pair)
    return list(components.values())


def apart_from(reviews: Iterable[ProductReview], held_out: Iterable[Pair]) -> list[ProductReview]:
    """The reviews whose product and text appear in none of the held-out pairs, each text once."""
    pairs = list(held_out)
    products = {product for pair in pairs for product in pair.products}
    seen = {beginning(side.text) for pair in pairs for side in (pair.a, pair.b)}
    kept = []
    for item in reviews:
        opening = beginning(item.review.text)
        if item.product not in products and opening not in seen:
            seen.add(opening)
            kept.append(item)
    return kept


def opening(text: str) -> str:
    """As much of a review as a rater reads, so that teachers and network speak of the same words."""
    return " ".join(text.split()[:READ_WORDS])


def beginning(text: str) -> str:
    """The start of a text: pairs hold reviews cut at 110 words, so whole texts would not match."""
    return " ".join(text.split())[:80].lower()
