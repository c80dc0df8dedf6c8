"""The checkpoint that comes with the shop."""

import json

import pytest

from seq2label.inference import DEFAULT_CHECKPOINT, ReviewText, Tagger

TEN_MEGABYTES = 10_000_000


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load(DEFAULT_CHECKPOINT)


def _labels(tagger: Tagger, one: ReviewText, other: ReviewText) -> set[str]:
    return {label.text for label in tagger.label_pairs([(one, other)])[0]}


def test_it_weighs_at_most_ten_megabytes() -> None:
    weight = sum(path.stat().st_size for path in DEFAULT_CHECKPOINT.iterdir())
    assert weight <= TEN_MEGABYTES


def test_its_card_and_figures_come_with_it() -> None:
    metrics = json.loads((DEFAULT_CHECKPOINT / "metrics.json").read_text())
    exact = metrics["test"]["scores"]["agreement"]["exact_f1"]
    assert f"{exact:.3f}" in (DEFAULT_CHECKPOINT / "README.md").read_text()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (
            ReviewText("My dog loves these treats, he begs for more!", 5),
            ReviewText("Both of our dogs go crazy for them. They love it.", 5),
            "pets love it",
        ),
        (
            ReviewText("Finally gluten free pasta. I have celiac and this gluten free brand is safe.", 5),
            ReviewText("Best gluten free pasta around, tastes delicious.", 5),
            "gluten free",
        ),
        (
            ReviewText("The cans arrived dented and the box was crushed, some were leaking.", 1),
            ReviewText("Arrived damaged, the jar was broken.", 1),
            "arrived damaged",
        ),
        (
            ReviewText("Can't find this in any store near me anymore. So glad Amazon has it.", 5),
            ReviewText("Our local stores stopped carrying it, hard to find.", 5),
            "hard to find",
        ),
    ],
)
def test_plain_opinions_get_their_plain_label(
    tagger: Tagger, one: ReviewText, other: ReviewText, expected: str
) -> None:
    assert expected in _labels(tagger, one, other)


def test_a_label_is_traced_to_the_review_that_says_it(tagger: Tagger) -> None:
    dogs = ReviewText("My dog loves these, she begs for them every day. Dogs love it.", 5)
    stale = ReviewText("These came stale and old, way past the date. Stale!", 1)
    [labels] = tagger.label_pairs([(dogs, stale)])
    shares = {label.text: round(label.share_a) for label in labels}
    assert shares == {"pets love it": 1, "stale": 0}


def test_a_single_review_gets_its_label(tagger: Tagger) -> None:
    [labels] = tagger.label_pairs(
        [(ReviewText("It was stale, old and hard. Stale, past its date.", 2), ReviewText(""))]
    )
    assert labels[0].text == "stale"
    assert labels[0].share_a == 1.0
    assert labels[0].polarity == -1


def test_labels_know_their_side(tagger: Tagger) -> None:
    asked = (
        "great taste",
        "hard to find",
        "too sweet",
        "not too sweet",
        "tastes bad",
        "no such label at all",
    )
    assert [tagger.label_polarity(label) for label in asked] == [1, 0, -1, 1, -1, 0]
