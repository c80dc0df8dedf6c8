"""What a chat model says of a wish, checked and brought into the shop's own labels."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from recommender.chat.exceptions import BadAnswer
from recommender.chat.wishes import DIETS, told_in
from recommender.cues import cues
from recommender.intent import Intent, Inventory, Told, as_told

INVENTORY = Inventory(
    {"crunchy": 1, "great gift": 1, "gluten free": 1, "not too sweet": 1, "stale": -1, "too sweet": -1}
)
NOTHING: dict[str, Any] = {
    "about": "", "wanted": [], "unwanted": [], "without": [], "diets": [], "at_most": None, "at_least": None,
}  # fmt: skip


def nothing_similar(phrases: Sequence[str]) -> list[tuple[str, float]]:
    return [("crunchy", 0.1)] * len(phrases)


def understood(told: Told, similar: Any = nothing_similar) -> Intent:
    return as_told("a wish", told, INVENTORY, similar)


def test_an_answer_is_read_field_by_field() -> None:
    told = told_in(
        json.dumps(
            {
                "about": " snack for school ", "wanted": ["crunchy", "crunchy"], "unwanted": ["too sweet"],
                "without": ["nuts", " "], "diets": ["vegan"], "at_most": 20, "at_least": 4.999,
            }
        )
    )  # fmt: skip
    assert told == Told(
        about="snack for school",
        wanted=("crunchy", "vegan"),
        unwanted=("too sweet",),
        without_words=("nuts",),
        at_most=Decimal("20.00"),
        at_least=Decimal("5.00"),
    )


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"wanted": "crunchy"}, "wanted"),
        ({"wanted": [1]}, "wanted.0"),
        ({"wanted": ["x" * 61]}, "wanted.0"),
        ({"wanted": ["x"] * 9}, "wanted"),
        ({"about": "x" * 301}, "about"),
        ({"diets": ["keto"]}, "diets.0"),
        ({"at_most": -1}, "at_most"),
        ({"at_most": "20"}, "at_most"),
        ({"at_most": 1e12}, "at_most"),
        ({"at_least": 30, "at_most": 20}, "at_least is more than at_most"),
        ({"price": 5}, "price"),
    ],
)
def test_an_answer_of_another_shape_is_refused_with_its_place(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadAnswer, match=f"cannot be used: {problem}"):
        told_in(json.dumps(NOTHING | changed))


@pytest.mark.parametrize("content", ["", "crunchy", "[]", "null", '{"about": "x"}', '{"at_most": NaN}'])
def test_what_is_no_wish_is_refused(content: str) -> None:
    with pytest.raises(BadAnswer):
        told_in(content)


def test_the_diets_that_may_be_named_are_those_that_the_shop_knows() -> None:
    assert set(DIETS) == set(cues()["diets"])


def test_labels_of_the_shop_are_taken_as_they_are_whatever_their_case() -> None:
    intent = understood(Told("a snack", wanted=("Crunchy", "great  gift"), unwanted=("too sweet",)))
    assert (intent.about, intent.wanted, intent.unwanted) == (
        "a snack",
        ("crunchy", "great gift"),
        ("too sweet",),
    )


def test_the_encoder_reads_the_sentence_and_of_a_chinese_one_what_is_told_of_it() -> None:
    told = Told("a snack")
    assert as_told("A snack, no nuts", told, INVENTORY, nothing_similar).meant == "A snack, no nuts"
    assert as_told("零食，不要坚果", told, INVENTORY, nothing_similar).meant == "a snack"


@pytest.mark.parametrize("other", ["crispy", "crunch", "脆"])
def test_another_word_for_a_label_becomes_the_label(other: str) -> None:
    assert understood(Told("a snack", wanted=(other,))).wanted == ("crunchy",)


def test_a_label_unknown_here_becomes_the_nearest_in_meaning_where_one_is_near() -> None:
    def near(phrases: Sequence[str]) -> list[tuple[str, float]]:
        return [("great gift", 0.9 if phrase == "lovely present" else 0.2) for phrase in phrases]

    intent = understood(Told("tea", wanted=("lovely present", "purple")), near)
    assert intent.wanted == ("great gift",)


def test_criticism_is_never_wanted_and_what_is_unwanted_is_not_wanted_too() -> None:
    intent = understood(Told("tea", wanted=("stale", "crunchy"), unwanted=("crunchy",)))
    assert (intent.wanted, intent.unwanted) == ((), ("crunchy",))


def test_a_diet_that_no_review_speaks_of_leaves_out_what_it_forbids() -> None:
    intent = understood(Told("milk", wanted=("gluten free", "dairy free")))
    assert (intent.wanted, intent.without_words) == (("gluten free",), ("dairy",))


@pytest.mark.parametrize(
    ("phrase", "left_out"),
    [
        ("nuts", ("nuts",)),
        ("any kind of nuts", ("nuts",)),
        ("palm oil", ("palm oil",)),
        ("corn syrup", ("corn",)),
        ("坚果", ("坚果",)),
        ("棕榈油", ("棕榈油",)),
        ("玉米糖浆", ("玉米",)),
        ("a' | !b & (c:*)", ("b",)),
        ("'); DROP TABLE", ("drop",)),
        ("!?", ()),
    ],
)
def test_what_is_left_out_is_a_word_that_can_be_looked_up(phrase: str, left_out: tuple[str, ...]) -> None:
    intent = understood(Told("biscuits", without_words=(phrase,)))
    assert intent.without_words == left_out
    assert all(term.isalnum() for term in intent.left_out)
