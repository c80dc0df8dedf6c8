"""A wish as a question to a chat model, and its answer, checked.

The model sees the sentence and the names of the shop's labels, and nothing else: neither who asks, nor when,
nor what they bought.
"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recommender.chat.exceptions import BadAnswer
from recommender.chat.protocol import Question, without_private_data
from recommender.intent import Told

MOST_LABELS = 300  # named to the model: the commonest; what it calls otherwise is matched by meaning
LONGEST_ANSWER = 500  # tokens
MOST_OF_A_KIND = 8
LONGEST_PHRASE, LONGEST_ABOUT = 60, 300
HIGHEST_PRICE = 1_000_000
CENT = Decimal("0.01")

Diet = Literal[
    "gluten free", "dairy free", "sugar free", "caffeine free", "salt free", "vegan", "all natural"
]
DIETS: tuple[str, ...] = get_args(Diet)

INSTRUCTIONS = (Path(__file__).parent / "wishes.md").read_text(encoding="utf-8")

Phrase = Annotated[str, Field(max_length=LONGEST_PHRASE)]
Phrases = Annotated[list[Phrase], Field(max_length=MOST_OF_A_KIND)]
Bound = Annotated[float, Field(gt=0, le=HIGHEST_PRICE, allow_inf_nan=False)]


class Wish(BaseModel):
    """What is asked of the model as a schema. Lengths are checked here: not every server knows them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    about: str
    wanted: list[str]
    unwanted: list[str]
    without: list[str]
    diets: list[Diet]
    at_most: float | None
    at_least: float | None


class CheckedWish(Wish):
    about: Annotated[str, Field(max_length=LONGEST_ABOUT)]
    wanted: Phrases
    unwanted: Phrases
    without: Phrases
    at_most: Bound | None
    at_least: Bound | None


def wish_question(sentence: str, labels: Sequence[str]) -> Question:
    return Question(
        instructions=INSTRUCTIONS + "\n".join(labels),
        text=without_private_data(sentence),
        name="wish",
        schema=Wish.model_json_schema(),
        longest_answer=LONGEST_ANSWER,
    )


def told_in(content: str) -> Told:
    """Raises BadAnswer, where the answer is not what was asked for."""
    try:
        wish = CheckedWish.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise BadAnswer(f"{place}: {first['msg']}") from error
    if wish.at_most and wish.at_least and wish.at_least > wish.at_most:
        raise BadAnswer("at_least is more than at_most")
    return Told(
        about=wish.about.strip(),
        wanted=phrases([*wish.wanted, *wish.diets]),
        unwanted=phrases(wish.unwanted),
        without_words=phrases(wish.without),
        at_most=price(wish.at_most),
        at_least=price(wish.at_least),
    )


def phrases(told: Sequence[str]) -> tuple[str, ...]:
    """Each once, without those that are blank."""
    return tuple(dict.fromkeys(" ".join(phrase.split()) for phrase in told if phrase.strip()))


def price(bound: float | None) -> Decimal | None:
    return None if bound is None else max(Decimal(str(bound)).quantize(CENT), CENT)
