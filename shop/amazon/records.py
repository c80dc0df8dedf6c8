"""One review or product from one line, in the field names of 2014, 2018 and 2023.

docs/importing.md says what becomes of each field. https://amazon-reviews-2023.github.io and
https://nijianmo.github.io/amazon describe the files.
"""

import ast
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TypeAlias

import orjson

from shop.amazon.exceptions import AmazonFileDamaged, AmazonFileUnusable
from shop.amazon.lines import Line, LineFile
from shop.amazon.plain_text import one_line, plain
from shop.amazon.prices import price_of
from shop.amazon.pseudonyms import pseudonym
from shop.amazon.rejects import Reason, Rejected

Fields: TypeAlias = Mapping[str, object]

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
ASIN = re.compile(r"[A-Z0-9]{1,20}")
LONGEST_NAME, LONGEST_BRAND, LONGEST_CATEGORY = 255, 120, 60
VOTES = re.compile(r"[0-9]{1,12}")
MOST_VOTES = 2_147_483_647
MILLISECONDS_FROM = 100_000_000_000  # as seconds, the year 5138
LINES_PROBED = 100


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    source_id: str  # 32 hexadecimal digits of what the reviewer wrote, of what, when
    asin: str
    author_name: str
    stars: int
    title: str
    body: str
    helpful_votes: int
    is_verified_purchase: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProductRecord:
    """What is unknown is empty."""

    asin: str
    name: str
    brand: str
    brief: str
    detail: str
    price: Decimal | None
    categories: tuple[str, ...]  # below the department, at most two


def fields_of(line: Line) -> Fields:
    """The object that a line holds: JSON, or the Python literals of the 2014 metadata. Raises Rejected."""
    if line.is_too_long:
        raise Rejected(Reason.TOO_LONG)
    try:
        fields = orjson.loads(line.raw)
    except orjson.JSONDecodeError:
        fields = _python_literal(line.raw)
    if not isinstance(fields, dict):
        raise Rejected(Reason.NOT_JSON)
    return fields


def review_from(fields: Fields, key: bytes) -> ReviewRecord:
    """Raises Rejected. `key` is what pseudonyms are made with."""
    asin, stars, written_at = _asin(fields), _stars(fields), _written_at(fields)
    reviewer = _first_text(fields, "reviewerID", "user_id", "reviewerName")
    title, body = _first_text(fields, "summary", "title"), _first_text(fields, "reviewText", "text")
    return ReviewRecord(
        source_id=_source_id(reviewer, asin, str(int(written_at.timestamp())), str(stars), title, body),
        asin=asin,
        author_name=pseudonym(reviewer, key),
        stars=stars,
        title=one_line(title, LONGEST_NAME),
        body=plain(body),
        helpful_votes=_helpful_votes(fields),
        is_verified_purchase=(fields.get("verified") or fields.get("verified_purchase")) is True,
        created_at=written_at,
    )


def product_from(fields: Fields, currency_rate: Decimal) -> ProductRecord:
    """Raises Rejected."""
    title = _first_text(fields, "title")
    paragraphs = [plain(text) for text in _texts(fields.get("description"))]
    features = [plain(text) for text in _texts(fields.get("feature") or fields.get("features"))]
    return ProductRecord(
        asin=_asin(fields),
        name="" if "getTime()" in title else one_line(title, LONGEST_NAME),  # a script in place of a title
        brand=one_line(_first_text(fields, "brand", "store"), LONGEST_BRAND),
        brief=one_line(next(filter(None, features), ""), LONGEST_NAME),
        detail="\n\n".join(filter(None, paragraphs or features)),
        price=price_of(fields.get("price"), currency_rate),
        categories=_categories(fields),
    )


def is_review(fields: Fields) -> bool:
    return bool({"overall", "rating"} & fields.keys()) and bool({"asin", "parent_asin"} & fields.keys())


def is_product(fields: Fields) -> bool:
    return bool({"asin", "parent_asin"} & fields.keys()) and not is_review(fields)


def refuse_another_format(file: LineFile, is_expected: Callable[[Fields], bool], what: str) -> None:
    """Raises AmazonFileUnusable unless one of the file's first lines `is_expected` to be there."""
    is_empty = True
    try:
        with file:
            for line in islice(file, LINES_PROBED):
                is_empty = False
                try:
                    if is_expected(fields_of(line)):
                        return
                except Rejected:
                    continue
    except AmazonFileDamaged as error:
        raise AmazonFileUnusable(f"{error} Nothing of it could be read.") from error
    raise AmazonFileUnusable(
        f"{file.path} is empty: it should hold {what}, one JSON object a line."
        if is_empty
        else f"{file.path} does not hold {what}: there are none in its first lines. It should be a file of "
        "Amazon Review Data (2014, 2018 or 2023), gzip or plain, one JSON object a line."
    )


def _python_literal(raw: bytes) -> object:
    if not raw.startswith((b"{'", b'{"')):
        return None
    try:
        return ast.literal_eval(raw.decode())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _asin(fields: Fields) -> str:
    asin = _first_text(fields, "parent_asin", "asin").strip().upper()
    if not ASIN.fullmatch(asin):
        raise Rejected(Reason.NO_PRODUCT)
    return asin


def _stars(fields: Fields) -> int:
    value = fields.get("overall", fields.get("rating"))
    try:
        stars = float(value) if isinstance(value, str | int | float) else 0.0
    except ValueError:
        stars = 0.0
    if stars not in (1.0, 2.0, 3.0, 4.0, 5.0):
        raise Rejected(Reason.BAD_STARS)
    return int(stars)


def _written_at(fields: Fields) -> datetime:
    """From Unix time, in seconds or milliseconds, else from "04 27, 2011"."""
    value = fields.get("unixReviewTime", fields.get("timestamp"))
    try:
        if isinstance(value, int | float):
            seconds = value / 1000 if value >= MILLISECONDS_FROM else value
            written_at = datetime.fromtimestamp(seconds, UTC)
        else:
            day = str(fields.get("reviewTime"))
            written_at = datetime.strptime(day, "%m %d, %Y").replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Rejected(Reason.BAD_TIME) from error
    if not EARLIEST <= written_at <= datetime.now(UTC) + timedelta(days=1):
        raise Rejected(Reason.BAD_TIME)
    return written_at


def _helpful_votes(fields: Fields) -> int:
    """`vote` "1,234" (2018), `helpful` [up, all] (2014), `helpful_vote` 12 (2023); 0 where unreadable."""
    value = fields.get("vote", fields.get("helpful_vote"))
    helpful = fields.get("helpful")
    if value is None and isinstance(helpful, list) and helpful:
        value = helpful[0]
    digits = VOTES.fullmatch(str(value).replace(",", ""))
    return min(int(digits[0]), MOST_VOTES) if digits else 0


def _categories(fields: Fields) -> tuple[str, ...]:
    """The path below its first name, which is the department's own.

    The 2018 files go on with features of the product after the last category: the path ends before the
    first entry that is markup, long, or a sentence.
    """
    path = fields.get("category", fields.get("categories"))
    if isinstance(path, list) and path and isinstance(path[0], list):  # 2014: a list of paths
        path = path[0]
    names: list[str] = []
    for text in _texts(path)[1:3]:
        name = one_line(text, LONGEST_NAME)
        if not name or len(name) > LONGEST_CATEGORY or name.endswith((".", "!")):
            break
        names.append(name)
    return tuple(names)


def _source_id(*parts: str) -> str:
    """Of the text as it came, so that a new rule of cleaning makes no review new."""
    return hashlib.blake2b("\x1f".join(parts).encode(errors="replace"), digest_size=16).hexdigest()


def _first_text(fields: Fields, *names: str) -> str:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
