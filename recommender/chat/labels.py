"""Two labels for two reviews, as a question to a chat model, and its answer held against the guide."""

import json
import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

from django.conf import settings
from pydantic import BaseModel, ConfigDict, ValidationError

from recommender.chat.pairs import ReviewPair
from recommender.chat.protocol import Question
from recommender.words import stems_of, words_of

GUIDE = (Path(__file__).parent / "labels.md").read_text(encoding="utf-8")
LONGEST_ANSWER = 60  # tokens

_PLAIN = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*(?: [a-z0-9]+(?:['-][a-z0-9]+)*){0,2}")
_OF_THE_CUSTOMER = re.compile(
    r"\b(?:customers?(?! service)|buyers?|stars|ratings?|reviews?|reviewers?|recommend(?:ed|s)?|disappointed"
    r"|satisfied|happy|pleased|(?:buy|order|purchase) again|(?:love|loved|like|liked) it)\b"
)
_LOVED_BY = re.compile(r"(?:kids|pets|dogs?|cats?|family|guests|baby|toddlers?|birds?) (?:love|like)s? it")
# Said in several ways, and one opinion all the same.
_SAME = [
    frozenset(words)
    for words in (
        ("great taste", "good taste", "tastes good", "tastes great", "tasty", "delicious", "yummy",
         "flavorful", "great flavor", "good flavor", "delicious taste", "delicious flavor"),
        ("tastes bad", "bad taste", "awful taste", "terrible taste", "bad flavor", "tastes awful"),
        ("great value", "good value", "good price", "great price", "good deal", "great deal", "affordable"),
        ("overpriced", "expensive", "too expensive", "pricey"),
        ("high quality", "good quality", "great quality", "excellent quality"),
        ("poor quality", "bad quality", "low quality"),
        ("easy to make", "easy to prepare", "easy preparation"),
        ("great aroma", "smells great", "smells good", "good aroma", "nice aroma"),
    )
]  # fmt: skip


class Problem(StrEnum):
    """How an answer breaks the guide."""

    SHAPE = "no two labels after the schema"
    WORDING = "not one to three plain words in lower case"
    REPEATED = "both labels say the same"
    CUSTOMER = "about the customer or the rating"
    NAME = "a product's or brand's name in it"
    SILENT = "no answer from the model"


class Labels(BaseModel):
    """What is asked of the model as a schema."""

    model_config = ConfigDict(extra="forbid", strict=True)

    first: str
    second: str


def pair_question(pair: ReviewPair) -> Question:
    return Question(
        instructions=GUIDE,
        text=f"A ({pair.a.stars} of 5): {pair.a.text}\n\nB ({pair.b.stars} of 5): {pair.b.text}",
        name="labels",
        schema=Labels.model_json_schema(),
        longest_answer=LONGEST_ANSWER,
    )


def checked(content: str, pair: ReviewPair) -> tuple[tuple[str, ...], Problem | None]:
    """The two labels, or what is wrong with them."""
    try:
        told = Labels.model_validate_json(content)
    except ValidationError:
        return (), Problem.SHAPE
    labels = (told.first, told.second)
    problem = broken_by(labels, f"{pair.a.text}\n{pair.b.text}")
    return ((), problem) if problem else (labels, None)


def broken_by(labels: Sequence[str], texts: str) -> Problem | None:
    if not all(_PLAIN.fullmatch(label) for label in labels):
        return Problem.WORDING
    if len({stems_of(words_of(label)) for label in labels}) < len(labels):
        return Problem.REPEATED
    if any(set(labels) <= group for group in _SAME):
        return Problem.REPEATED
    if any(_OF_THE_CUSTOMER.search(label) and not _LOVED_BY.fullmatch(label) for label in labels):
        return Problem.CUSTOMER
    if any(is_name(word, texts) for label in labels for word in words_of(label)):
        return Problem.NAME
    return None


def is_name(word: str, texts: str) -> bool:
    """Whether it is no word of labels, and the reviews write it with a capital wherever they need not."""
    if word in label_words():
        return False
    found = re.findall(rf"(?<![.!?:\n] )(?<!^)\b({re.escape(word)})\b", texts, re.IGNORECASE | re.MULTILINE)
    return bool(found) and all(seen == seen.capitalize() and len(seen) > 1 for seen in found)


@cache
def label_words() -> frozenset[str]:
    """The words that labels of the trained model are made of; none where there is no such model."""
    try:
        told = json.loads((settings.LABEL_MODEL_DIR / "labels.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return frozenset()
    return frozenset(word for label in told for word in words_of(label["text"]))
