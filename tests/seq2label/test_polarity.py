"""Which side a label takes."""

import pytest

from seq2label.polarity import polarity


@pytest.mark.parametrize(
    ("label", "side"),
    [
        ("great taste", 1),
        ("too sweet", -1),
        ("not too sweet", 1),
        ("not authentic", -1),
        ("not sweet enough", -1),
        ("no msg", 1),
        ("no aftertaste", 1),
        ("no flavor", -1),
        ("high protein", 1),
        ("high sodium", -1),
        ("overpowering natural flavor", -1),
        ("relieves dry mouth", 1),
        ("hard to find", 0),
        ("pets won't eat", -1),
    ],
)
def test_plain_words_decide_whatever_the_stars_say(label: str, side: int) -> None:
    assert polarity(label, [5, 5, 5, 5]) == side
    assert polarity(label, [1, 1, 1, 1]) == side


def test_without_a_plain_word_the_stars_decide() -> None:
    assert polarity("crunchy", [5, 5, 4, 5]) == 1
    assert polarity("made in china", [1, 3, 2, 3]) == -1
    assert polarity("chewy", [5, 3, 2, 4]) == 0


def test_a_few_stars_decide_nothing() -> None:
    assert polarity("crunchy", [5, 5, 5]) == 0
