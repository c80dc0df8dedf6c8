"""What the reviews' own words and stars add to what the network has learnt."""

import pytest
import torch

from seq2label.config import SearchConfig
from seq2label.grounding import Grounding
from seq2label.vocabulary import LabelInventory, Vocabulary, tokenize

LABELS = (
    "great taste", "too sweet", "not too sweet", "crunchy", "poor packaging", "stale", "low sodium",
    "high sodium",
)  # fmt: skip
SEARCH = SearchConfig(copied=2.0, contrary=1.0)


@pytest.fixture
def inventory() -> LabelInventory:
    praised = [((label,), (5, 5)) for label in ("great taste", "not too sweet", "crunchy", "low sodium")]
    blamed = [((label,), (1, 1)) for label in ("too sweet", "poor packaging", "stale", "high sodium")]
    return LabelInventory.mine([*praised, *blamed])


def vocabulary(*texts: str) -> Vocabulary:
    return Vocabulary.build([tokenize(text) for text in texts], LABELS, min_count=1)


def mentioned(inventory: LabelInventory, text: str) -> set[str]:
    words = vocabulary(text)
    grounds = Grounding(words, inventory, SEARCH).look([words.encode_review(text, None, 100)])
    return {inventory.labels[index].text for index in grounds.mentions[0].nonzero().flatten().tolist()}


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("It has a great taste.", {"great taste"}),
        ("The taste is great", {"great taste"}),
        ("It tastes great!", {"great taste"}),
        ("Great shop, but I did not care for the bag and its taste", set()),
        ("far too sweet", {"too sweet"}),
        ("not too sweet", {"not too sweet"}),
        ("not crunchy", set()),
        ("it isn't really crunchy", set()),
        ("no longer stale, crunchy now", {"crunchy"}),
        ("the packaging was poor", {"poor packaging"}),
        ("", set()),
    ],
)
def test_a_label_is_mentioned_where_its_words_stand_together_and_nothing_denies_them(
    inventory: LabelInventory, text: str, labels: set[str]
) -> None:
    assert mentioned(inventory, text) == labels


def moved(inventory: LabelInventory, one: tuple[str, int | None], other: tuple[str, int | None]) -> list[str]:
    """Which labels a pair's words and stars move from one half, and how: “+label” or “-label”."""
    words = vocabulary(one[0], other[0])
    grounding = Grounding(words, inventory, SEARCH)
    grounds = grounding.look([words.encode_review(text, stars, 100) for text, stars in (one, other)])
    half = torch.full((1, len(inventory)), 0.5)
    found = grounding.adjusted(half, grounds, torch.tensor([0]), torch.tensor([1]))[0]
    signs = [(label.text, float(figure)) for label, figure in zip(inventory.labels, found, strict=True)]
    return sorted(("+" if figure > 0.5 else "-") + text for text, figure in signs if figure != 0.5)


def test_words_in_either_review_count(inventory: LabelInventory) -> None:
    assert moved(inventory, ("crunchy", 3), ("stale", 3)) == ["+crunchy", "+stale"]


def test_stars_that_both_reviews_share_speak_against_the_other_side(inventory: LabelInventory) -> None:
    blame = ["-high sodium", "-poor packaging", "-stale", "-too sweet"]
    assert moved(inventory, ("fine", 5), ("good", 5)) == blame
    assert moved(inventory, ("fine", 5), ("bad", 1)) == []
    assert moved(inventory, ("fine", 5), ("", None)) == blame
    assert moved(inventory, ("bad", 2), ("bad", 1)) == ["-great taste", "-not too sweet"]


def test_what_is_mentioned_counts_whatever_the_stars_say(inventory: LabelInventory) -> None:
    assert "+stale" in moved(inventory, ("a bit stale", 5), ("good", 5))


def test_a_label_that_stands_there_speaks_against_the_one_it_denies(inventory: LabelInventory) -> None:
    assert moved(inventory, ("too sweet", 3), ("fine", 3)) == ["+too sweet", "-not too sweet"]
    assert moved(inventory, ("not too sweet", 3), ("fine", 3)) == ["+not too sweet", "-too sweet"]


def left_alone(inventory: LabelInventory, text: str, stars: int | None) -> set[str]:
    """The labels of which something is left when one review is heard by itself."""
    words = vocabulary(text)
    grounding = Grounding(words, inventory, SEARCH)
    grounds = grounding.look([words.encode_review(text, stars, 100)])
    [found] = grounding.alone(torch.full((1, len(inventory)), 0.5), grounds)
    return {inventory.labels[index].text for index in found.nonzero().flatten().tolist()}


EITHER = {"crunchy", "low sodium"}  # too few have said so to know which side it is
PRAISE = {"great taste", "not too sweet"} | EITHER
BLAME = {"too sweet", "poor packaging", "stale", "high sodium"}


@pytest.mark.parametrize(
    ("text", "stars", "labels"),
    [
        ("fine", 3, PRAISE | BLAME),
        ("not crunchy at all", 3, PRAISE - {"crunchy"} | BLAME),
        ("nothing is stale, they are crunchy", 4, PRAISE | BLAME - {"stale"}),
        ("not crunchy at first, crunchy later", 3, PRAISE | BLAME),
        ("too sweet", 3, PRAISE - {"not too sweet"} | BLAME),
        ("high in sodium", 4, PRAISE - {"low sodium"} | BLAME),
        ("awful", 2, BLAME | EITHER),
        ("tastes great, but came from far away", 1, BLAME | EITHER | {"great taste"}),
        ("lovely", 5, PRAISE),
        ("a bit stale, and I love it", 5, PRAISE | {"stale"}),
        ("", None, set()),
    ],
)
def test_a_review_by_itself_says_nothing_that_its_words_deny_or_its_stars_contradict(
    inventory: LabelInventory, text: str, stars: int | None, labels: set[str]
) -> None:
    assert left_alone(inventory, text, stars) == labels


def test_a_review_by_itself_probably_says_what_its_words_say(inventory: LabelInventory) -> None:
    words = vocabulary("crunchy")
    grounding = Grounding(words, inventory, SEARCH)
    grounds = grounding.look([words.encode_review("crunchy", 3, 100)])
    hardly = torch.full((1, len(inventory)), 0.01)
    [found] = grounding.alone(hardly, grounds)
    assert [round(float(figure), 2) for figure in found] == [
        0.7 if label.text == "crunchy" else 0.01 for label in inventory.labels
    ]


def test_the_order_of_the_two_changes_nothing(inventory: LabelInventory) -> None:
    one, other = ("crunchy", 5), ("not too sweet, stale", 1)
    assert moved(inventory, one, other) == moved(inventory, other, one)
