"""Labels grouped into tags: the same for any order, and steady while opinions are."""

import random
from collections.abc import Sequence

import numpy as np
import pytest

from recommender.clustering import MOST_TAGS, LabelSupport, PreviousTag, Tag, tags_of
from recommender.embedding import unit

DIMENSIONS = 12


def a_label(
    text: str, direction: int, reviews: Sequence[int], *, polarity: int = 1, off: float = 0.0
) -> LabelSupport:
    """A label that points along axis `direction`, `off` of it along the next."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[direction], vector[(direction + 1) % DIMENSIONS] = 1.0, off
    return LabelSupport(text, polarity, unit(vector), 1.0, frozenset(reviews))


def kept(tags: Sequence[Tag]) -> list[PreviousTag]:
    """`tags` as the next run finds them, with ids where they had none."""
    return [
        PreviousTag(tag.cluster_id or number, tag.medoid, tag.members, tag.polarity)
        for number, tag in enumerate(tags, start=1)
    ]


def scattered(labels: int, seed: int) -> list[LabelSupport]:
    """Labels around eight directions, with supports of 1 to 9 reviews."""
    chance = random.Random(seed)
    noise = np.random.default_rng(seed)
    found = []
    for number in range(labels):
        vector = np.zeros(DIMENSIONS, dtype=np.float32)
        vector[number % 8] = 1.0
        vector += noise.normal(0, 0.12, DIMENSIONS).astype(np.float32)
        reviews = frozenset(chance.sample(range(1, 200), chance.randint(1, 9)))
        found.append(LabelSupport(f"label {number:02}", 1, unit(vector), 1.0, reviews))
    return found


def test_labels_of_one_meaning_become_one_tag_under_the_most_central_name() -> None:
    labels = [
        a_label("crunchy", 0, [1, 2, 3]),
        a_label("very crunchy", 0, [4], off=0.3),
        a_label("too sweet", 5, [5], polarity=-1),
    ]
    tags = tags_of(labels, reviews=5)
    assert [(tag.medoid, tag.members, tag.review_ids, tag.share) for tag in tags] == [
        ("crunchy", ("crunchy", "very crunchy"), (1, 2, 3, 4), 0.8),
        ("too sweet", ("too sweet",), (5,), 0.2),
    ]


def test_praise_and_criticism_never_merge_however_alike_they_sound() -> None:
    labels = [a_label("not too sweet", 0, [1]), a_label("too sweet", 0, [2], polarity=-1)]
    assert {(tag.medoid, tag.polarity) for tag in tags_of(labels, reviews=2)} == {
        ("not too sweet", 1),
        ("too sweet", -1),
    }


def test_a_product_without_labels_has_no_tags() -> None:
    assert tags_of([], reviews=3) == []


def test_there_are_at_most_eight_tags_and_both_sides_are_heard() -> None:
    praise = [a_label(f"praise {number}", number, [number + 1]) for number in range(11)]
    tags = tags_of([*praise, a_label("stale", 11, [12], polarity=-1)], reviews=12)
    assert len(tags) <= MOST_TAGS
    assert [tag.medoid for tag in tags if tag.polarity < 0] == ["stale"]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_labels_changes_nothing(seed: int) -> None:
    labels = scattered(40, seed)
    shuffled = random.Random(seed).sample(labels, len(labels))
    assert tags_of(shuffled, reviews=200) == tags_of(labels, reviews=200)


def test_doing_it_again_with_what_was_found_changes_nothing() -> None:
    labels = scattered(40, seed=1)
    first = tags_of(labels, reviews=200)
    again = tags_of(labels, reviews=200, previous=kept(first))
    assert [(tag.medoid, tag.members) for tag in again] == [(tag.medoid, tag.members) for tag in first]
    assert {tag.cluster_id for tag in again} == set(range(1, len(first) + 1))


@pytest.mark.parametrize("seed", range(5))
def test_a_tenth_more_reviews_keep_nearly_all_names(seed: int) -> None:
    labels = scattered(60, seed)
    before = tags_of(labels, reviews=200)
    chance = random.Random(seed)
    grown = [
        LabelSupport(
            label.text, label.polarity, label.vector, label.rarity,
            label.review_ids | ({200 + number} if chance.random() < 0.1 else set()),
        )
        for number, label in enumerate(labels)
    ]  # fmt: skip
    after = tags_of(grown, reviews=220, previous=kept(before))
    assert {tag.medoid for tag in after} == {tag.medoid for tag in before}


def test_a_tag_keeps_its_row_when_another_label_takes_over_its_name() -> None:
    before = kept(tags_of([a_label("crunchy", 0, [1, 2]), a_label("crisp", 0, [3], off=0.2)], reviews=3))
    labels = [a_label("crunchy", 0, [1, 2]), a_label("crisp", 0, range(3, 30), off=0.2)]
    (tag,) = tags_of(labels, reviews=29, previous=before)
    assert (tag.medoid, tag.cluster_id) == ("crisp", before[0].cluster_id)


def test_the_newest_reviews_own_words_are_among_the_tags_while_reviews_are_few() -> None:
    labels = [a_label(f"old {number}", number, [number + 1, number + 20]) for number in range(11)]
    newest = a_label("contaminated", 11, [50], polarity=-1)
    assert "contaminated" in {tag.medoid for tag in tags_of([*labels, newest], reviews=31)}


def test_where_reviews_are_many_a_few_of_them_make_no_tag() -> None:
    labels = [a_label("crunchy", 0, range(1, 60)), a_label("hard to find", 5, [61], polarity=0)]
    assert [tag.medoid for tag in tags_of(labels, reviews=61)] == ["crunchy"]
    assert {tag.medoid for tag in tags_of(labels, reviews=50)} == {"crunchy", "hard to find"}


def test_a_tag_that_was_there_stays_with_three_quarters_of_what_a_new_one_needs() -> None:
    labels = [a_label("fresh", 0, range(60)), a_label("stale", 3, [61, 62], polarity=-1)]
    shown = kept(tags_of(labels, reviews=100))
    assert [tag.medoid for tag in shown] == ["fresh", "stale"]
    assert [tag.medoid for tag in tags_of(labels, reviews=130, previous=shown)] == ["fresh", "stale"]
    assert [tag.medoid for tag in tags_of(labels, reviews=130)] == ["fresh"]
    assert [tag.medoid for tag in tags_of(labels, reviews=140, previous=shown)] == ["fresh"]


def test_a_tag_that_was_there_yields_its_place_to_what_is_clearly_stronger_only() -> None:
    common = [a_label(f"label {number}", number, range(10)) for number in range(MOST_TAGS - 1)]
    old, lasting = a_label("old", 8, range(3)), a_label("rival", 10, range(10, 14))
    shown = kept(tags_of([*common, old], reviews=60))
    assert "old" in {tag.medoid for tag in shown}
    after = {tag.medoid for tag in tags_of([*common, old, lasting], reviews=60, previous=shown)}
    assert ("old" in after, "rival" in after) == (True, False)
    clear = a_label("rival", 10, range(10, 15))
    after = {tag.medoid for tag in tags_of([*common, old, clear], reviews=60, previous=shown)}
    assert ("old" in after, "rival" in after) == (False, True)
