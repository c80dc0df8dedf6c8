"""Reading reviews with Seq2Label: the only module that opens the model.

Reviews of a product are read two by two, in the order of their ids. The pairs of a batch are read from the
database, labelled outside any transaction, and stored in one short one; a kill loses at most a batch of work.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from django.db import transaction
from django.db.models import QuerySet

from recommender.checkpoints import Identity, identity_of
from recommender.embedding import Embedder
from recommender.exceptions import LabelModelUnusable
from recommender.models import Label, ProductEntry, ReviewEntry, ReviewLabel
from recommender.reviews import latest_reviews
from seq2label.examples import ReviewText
from seq2label.exceptions import Seq2LabelError

if TYPE_CHECKING:
    from seq2label.inference import PredictedLabel

BATCH_SIZE = 256  # reviews
LABELS_OF_A_PAIR = 4  # at most, where the model is sure enough: two reviews say more than two things
NOBODY = ReviewText("", None)

# A label's probability in a pair, times that in a review by itself: from here on the review carries it. Of a
# hundred labels of real reviews that were read by hand, about every other one below was wrong.
LEAST_SAID = 0.1
# How much of a label's evidence lies in the first review of a pair before it is that review's alone.
MOSTLY_FIRST, MOSTLY_SECOND = 0.65, 0.35

_loading = Lock()
_loaded: "dict[Path, tuple[Identity | None, PairTagger]]" = {}


class PairTagger(Protocol):
    """What labelling asks of a trained model."""

    @property
    def model_version(self) -> str: ...

    def label_pairs(
        self, pairs: Sequence[tuple[ReviewText, ReviewText]], *, most: int
    ) -> "Sequence[tuple[PredictedLabel, ...]]": ...


def open_tagger(directory: Path) -> PairTagger:
    """The process's one model of `directory`, loaded when it is first asked for after its files were written.

    Raises LabelModelUnusable.
    """
    with _loading:
        identity = identity_of(directory)
        if directory not in _loaded or _loaded[directory][0] != identity:
            from seq2label.inference import Tagger  # noqa: PLC0415 (torch: never in a web process)

            try:
                # More threads wait for each other wherever somebody else is at work, too.
                _loaded[directory] = identity, Tagger.load(directory, threads=1)
            except Seq2LabelError as error:
                raise LabelModelUnusable(str(error)) from error
        return _loaded[directory][1]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reviews read together. Labels go to `first`, and to `second` too where it also waits for some."""

    first: ReviewEntry
    second: ReviewEntry | None
    labels_second: bool


@dataclass(frozen=True, slots=True)
class ReadLabel:
    """A label as read in one review."""

    review: ReviewEntry
    partner_id: int | None
    label: "PredictedLabel"


def label_batch(tagger: PairTagger, embedder: Embedder, among: Collection[int] | None = None) -> int:
    """Label the next reviews that wait for this version of the model, or the few of `among` that do.

    Returns how many were labelled.
    """
    reviews = next_reviews(tagger.model_version, among)
    if not reviews:
        return 0
    latest = latest_reviews({review.product_id for review in reviews}, 2)  # one of them is another
    pairs = list(pairs_of(reviews, latest))
    read = read_pairs(tagger, pairs)
    silent = silent_reviews(reviews, read)
    read += read_pairs(tagger, [Pair(review, None, labels_second=False) for review in silent])
    labels = new_labels(read, embedder)  # the last thing that takes time
    return store_labels(reviews, read, labels, tagger.model_version)


def next_reviews(model_version: str, among: Collection[int] | None = None) -> list[ReviewEntry]:
    """Up to BATCH_SIZE reviews, by product and id, ending where no pair is torn apart.

    So the pairs of a product are the same however often the work was interrupted.
    """
    reviews = list(waiting_reviews(model_version, among)[: BATCH_SIZE + 1])
    if len(reviews) <= BATCH_SIZE:
        return reviews
    cut, beyond = reviews[:BATCH_SIZE], reviews[BATCH_SIZE]
    of_last_product = sum(review.product_id == beyond.product_id for review in cut)
    return cut[: len(cut) - of_last_product % 2]


def waiting_reviews(model_version: str, among: Collection[int] | None = None) -> "QuerySet[ReviewEntry]":
    """By product and id, those that no model has read; where there are none, those of one other version.

    Of one reader at a time, since the index then begins with them, however many are done.
    """
    if among is not None:
        few = ReviewEntry.objects.to_label(model_version).filter(pk__in=among)
        return few.order_by("product_id", "review_id")
    reader = ReviewEntry.objects.other_reader(model_version)
    if reader is None:
        return ReviewEntry.objects.none()
    waiting = ReviewEntry.objects.published().filter(labelled_with=reader)
    return waiting.order_by("product_id", "review_id")


def pairs_of(reviews: Sequence[ReviewEntry], latest: Mapping[int, list[ReviewEntry]]) -> Iterator[Pair]:
    """Neighbours by id; an odd one stands beside its product's latest other review, or alone."""
    by_product: dict[int, list[ReviewEntry]] = defaultdict(list)
    for review in sorted(reviews, key=lambda review: review.review_id):
        by_product[review.product_id].append(review)
    for product_id, waiting in by_product.items():
        for first, second in zip(waiting[::2], waiting[1::2], strict=False):
            yield Pair(first, second, labels_second=True)
        if len(waiting) % 2:
            odd = waiting[-1]
            others = [review for review in latest.get(product_id, []) if review.review_id != odd.review_id]
            yield Pair(odd, others[0] if others else None, labels_second=False)


def read_pairs(tagger: PairTagger, pairs: Sequence[Pair]) -> list[ReadLabel]:
    texts = [(text_of(pair.first), text_of(pair.second) if pair.second else NOBODY) for pair in pairs]
    predicted = tagger.label_pairs(texts, most=LABELS_OF_A_PAIR) if texts else []
    return [
        read
        for pair, labels in zip(pairs, predicted, strict=True)
        for label in labels
        for read in attributed(pair, label)
    ]


def text_of(review: ReviewEntry) -> ReviewText:
    return ReviewText(". ".join(filter(None, (review.title, review.body))), review.stars)


def attributed(pair: Pair, label: "PredictedLabel") -> Iterator[ReadLabel]:
    """A label belongs to the review that holds most of its evidence, and to both where both hold some; to
    none that hardly says it by itself."""
    if label.share_a > MOSTLY_SECOND and label.score * label.on_a >= LEAST_SAID:
        yield ReadLabel(pair.first, pair.second.review_id if pair.second else None, label)
    second = pair.second if pair.labels_second else None
    if second and label.share_a < MOSTLY_FIRST and label.score * label.on_b >= LEAST_SAID:
        yield ReadLabel(second, pair.first.review_id, label)


def silent_reviews(reviews: Sequence[ReviewEntry], read: Sequence[ReadLabel]) -> list[ReviewEntry]:
    """Those that stood beside a louder one and got no label: they are read once more, alone."""
    heard = {found.review.review_id for found in read}
    return [review for review in reviews if review.review_id not in heard]


def new_labels(read: Sequence[ReadLabel], embedder: Embedder) -> list[Label]:
    """Labels that the database lacks, or holds with another polarity or another encoder's vector."""
    polarities = {found.label.text: found.label.polarity for found in read}
    known = Label.objects.in_bulk(list(polarities))
    missing = sorted(
        text
        for text, polarity in polarities.items()
        if text not in known
        or (known[text].polarity, known[text].model_version) != (polarity, embedder.model_version)
    )
    vectors = embedder.embed(missing)
    return [
        Label(
            text=text, polarity=polarities[text], embedding=vector, model_version=embedder.model_version
        )
        for text, vector in zip(missing, vectors, strict=True)
    ]  # fmt: skip


def store_labels(
    reviews: Sequence[ReviewEntry], read: Sequence[ReadLabel], labels: Sequence[Label], model_version: str
) -> int:
    """One short transaction. A review that changed while the model read it is left for the next time."""
    with transaction.atomic(using="recommender"):
        same = unchanged(reviews)
        Label.objects.bulk_create(
            labels,
            update_conflicts=True,
            unique_fields=["text"],
            update_fields=["polarity", "embedding", "model_version"],
        )
        replaced = ReviewLabel.objects.filter(review_id__in=same)
        affected = set(replaced.values_list("label_id", flat=True))
        replaced.delete()
        rows = [
            ReviewLabel(
                review_id=found.review.review_id,
                product_id=found.review.product_id,
                label_id=found.label.text,
                score=found.label.score,
                partner_id=found.partner_id,
                model_version=model_version,
            )
            for found in read
            if found.review.review_id in same
        ]
        ReviewLabel.objects.bulk_create(rows, ignore_conflicts=True)
        ReviewEntry.objects.filter(review_id__in=same).update(labelled_with=model_version)
        ProductEntry.objects.mark_stale(review.product_id for review in reviews if review.review_id in same)
        Label.objects.count_products(affected | {row.label_id for row in rows})
    return len(same)


def unchanged(reviews: Sequence[ReviewEntry]) -> set[int]:
    """The ids of those that are still as they were read, locked until the transaction ends."""
    ids = [review.review_id for review in reviews]
    locked = ReviewEntry.objects.filter(review_id__in=ids).order_by("review_id").select_for_update()
    now = {review.review_id: review for review in locked}
    return {
        review.review_id
        for review in reviews
        if (row := now.get(review.review_id)) and state_of(row) == state_of(review)
    }


def state_of(review: ReviewEntry) -> tuple[object, ...]:
    return (
        review.product_id, review.stars, review.title, review.body, review.is_published, review.labelled_with,
    )  # fmt: skip
