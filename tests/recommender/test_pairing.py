"""Which reviews are read together, and whose a label is."""

from collections.abc import Sequence

import pytest
from django.db import connections

from recommender import labelling
from recommender.models import ReviewEntry, ReviewLabel
from recommender.services import catch_up
from seq2label.examples import ReviewText
from seq2label.inference import PredictedLabel
from tests.recommender.taggers import WordTagger
from tests.shop.builders import a_product, a_review

pytestmark = pytest.mark.django_db


class OneLabelTagger:
    """Says one label of every pair, and how likely either review says it alone."""

    model_version = "one-label"

    def __init__(self, on_a: float, on_b: float) -> None:
        self.on_a, self.on_b = on_a, on_b

    def label_pairs(
        self, pairs: Sequence[tuple[ReviewText, ReviewText]], *, most: int = 4
    ) -> list[tuple[PredictedLabel, ...]]:
        return [
            (PredictedLabel("crunchy", 0.8, self.on_a, self.on_b, 1),) if other.text else ()
            for _, other in pairs
        ]


def carriers() -> set[tuple[int, int | None]]:
    return set(ReviewLabel.objects.values_list("review_id", "partner_id"))


def test_reviews_of_a_product_are_read_two_by_two_in_the_order_of_their_ids() -> None:
    product, other = a_product(), a_product()
    for body in ("one tasty", "two tasty"):
        a_review(product, body=body)
    a_review(other, body="alone tasty")
    for body in ("three tasty", "four tasty"):
        a_review(product, body=body)

    catch_up(tagger=(tagger := WordTagger()))

    assert [(one.text, two.text) for one, two in tagger.pairs] == [
        ("one tasty", "two tasty"),
        ("three tasty", "four tasty"),
        ("alone tasty", ""),
    ]


def test_an_odd_one_is_read_beside_the_latest_other_review_which_gains_nothing() -> None:
    product = a_product()
    a_review(product, body="tasty")
    second = a_review(product, body="crunchy")
    catch_up(tagger=WordTagger())
    third = a_review(product, body="torn")

    catch_up(tagger=(tagger := WordTagger()))

    assert [(one.text, two.text) for one, two in tagger.pairs] == [("torn", "crunchy")]
    assert list(ReviewLabel.objects.filter(review_id=third.pk).values_list("label_id", "partner_id")) == [
        ("poor packaging", second.pk)
    ]
    assert ReviewLabel.objects.filter(review_id=second.pk).count() == 1


def test_a_review_left_without_a_label_by_its_pair_is_read_once_more_alone() -> None:
    product = a_product()
    a_review(product, body="tasty")
    a_review(product, body="nothing to say")

    catch_up(tagger=(tagger := WordTagger()))

    assert [(one.text, two.text) for one, two in tagger.pairs] == [
        ("tasty", "nothing to say"),
        ("nothing to say", ""),
    ]


@pytest.mark.parametrize(
    ("on_a", "on_b", "of_first", "of_second"),
    [
        (0.9, 0.0, True, False),
        (0.65, 0.35, True, False),
        (0.64, 0.36, True, True),
        (0.36, 0.64, True, True),
        (0.35, 0.65, False, True),
        (0.13, 0.12, True, False),
        (0.12, 0.12, False, False),
        (0.0, 0.0, False, False),
    ],
)
def test_a_label_goes_where_its_evidence_is_and_to_no_review_that_does_not_say_it(
    on_a: float, on_b: float, of_first: bool, of_second: bool
) -> None:
    product = a_product()
    first, second = a_review(product), a_review(product)
    expected = {(first.pk, second.pk)} if of_first else set()
    expected |= {(second.pk, first.pk)} if of_second else set()

    catch_up(tagger=OneLabelTagger(on_a, on_b))

    assert carriers() == expected


def test_the_model_reads_title_body_and_stars() -> None:
    a_review(a_product(), title="Lovely", body="tasty", stars=4)

    catch_up(tagger=(tagger := WordTagger()))

    assert tagger.pairs == [(ReviewText("Lovely. tasty", 4), labelling.NOBODY)]


def test_a_batch_tears_no_pair_apart() -> None:
    lone, long = a_product(), a_product()
    a_review(lone)
    for _ in range(labelling.BATCH_SIZE):
        a_review(long)
    catch_up(tagger=WordTagger())
    ReviewEntry.objects.update(labelled_with="")

    reviews = labelling.next_reviews("words-1")

    assert len(reviews) == labelling.BATCH_SIZE - 1
    assert sum(review.product_id == long.pk for review in reviews) == labelling.BATCH_SIZE - 2


def an_entry(review_id: int, product_id: int, labelled_with: str = "") -> ReviewEntry:
    return ReviewEntry.objects.create(
        review_id=review_id, product_id=product_id, stars=5, is_published=True, labelled_with=labelled_with
    )


def test_what_nobody_has_read_comes_before_what_another_version_has() -> None:
    an_entry(1, 1, "a former version")
    an_entry(2, 1, "words-1")
    an_entry(3, 1, "words-2")
    an_entry(4, 2)
    found = []
    while reviews := labelling.next_reviews("words-1"):
        found.append([review.review_id for review in reviews])
        ReviewEntry.objects.filter(pk__in=found[-1]).update(labelled_with="words-1")
    assert found == [[4], [1], [3]]


@pytest.mark.parametrize("reader", ["", "words-2"])
def test_the_next_reviews_are_found_without_passing_those_that_are_read(reader: str) -> None:
    for number in range(8):
        an_entry(number, number, "words-1")
    an_entry(8, 8, reader)
    with connections["recommender"].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    plan = labelling.waiting_reviews("words-1").explain(analyze=True)
    assert "review_by_reader" in plan
    assert "Filter" not in plan
