"""Nothing that the shop commits late is passed over, whoever reads on; nor is all read each second."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from recommender import feed_reading
from recommender.ingest import ingest_changes
from recommender.interactions import ingest_touches
from recommender.models import FeedCursor, Interaction, ReviewEntry
from shop.models import Product, ProductView, Review
from shop.selectors.feed import OVERLAP, FeedPosition
from tests.shop.builders import a_product, a_review

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.get_default_timezone())
SECOND = timedelta(seconds=1)


class Clock:
    def __init__(self) -> None:
        self.shows = NOON

    def __call__(self) -> datetime:
        return self.shows


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def product(clock: Clock) -> Product:
    clock.shows = NOON - timedelta(hours=1)
    product = a_product()
    clock.shows = NOON
    return product


def the_same_process() -> None: ...


def another_process() -> None:
    feed_reading._latest.clear()


def a_review_stamped(at: datetime, product: Product) -> Review:
    review = a_review(product)
    Review.objects.filter(pk=review.pk).update(changed_at=at)
    return review


def rows_read() -> int:
    counts: list[int] = []
    ingest_changes(counts.append)
    return sum(counts)


either_process = pytest.mark.parametrize("reader", [the_same_process, another_process])


@either_process
def test_a_review_committed_late_is_read_after_a_pause(
    clock: Clock, product: Product, reader: Callable[[], None]
) -> None:
    a_review_stamped(NOON, product)
    ingest_changes()
    late = a_review_stamped(NOON - 3 * SECOND, product)
    clock.shows += 20 * SECOND
    reader()
    assert ingest_changes().reviews == 1
    assert ReviewEntry.objects.filter(pk=late.pk).exists()


@either_process
def test_a_view_committed_late_is_read_after_a_pause(
    clock: Clock, product: Product, reader: Callable[[], None]
) -> None:
    ProductView.objects.create(product=product, visitor="alice", viewed_at=NOON)
    ingest_touches()
    ProductView.objects.create(product=product, visitor="bob", viewed_at=NOON - 3 * SECOND)
    clock.shows += 20 * SECOND
    reader()
    assert ingest_touches() == 1
    assert set(Interaction.objects.values_list("shopper", flat=True)) == {"valice", "vbob"}


@pytest.mark.parametrize(("reader", "once_more"), [(the_same_process, 1), (another_process, 2)])
def test_what_is_read_for_certain_is_not_read_each_second(
    clock: Clock, product: Product, reader: Callable[[], None], once_more: int
) -> None:
    a_review_stamped(NOON, product)
    assert rows_read() == 2  # the product, too
    reader()
    clock.shows = NOON + OVERLAP + SECOND
    assert rows_read() == once_more  # the review, and by another the product
    clock.shows += SECOND
    assert [rows_read(), rows_read()] == [0, 0]


def test_what_was_committed_during_a_long_reading_is_read_by_the_next_process(
    clock: Clock, product: Product
) -> None:
    a_review_stamped(NOON + 60 * SECOND, product)
    ingest_changes()
    assert FeedCursor.objects.get(feed="reviews").position == FeedPosition(NOON)
    a_review_stamped(NOON - 3 * SECOND, product)
    clock.shows += 61 * SECOND
    another_process()
    assert ingest_changes().reviews == 1


def test_a_reading_that_is_cut_short_leaves_nothing_out(
    clock: Clock, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest_changes()
    monkeypatch.setattr(feed_reading, "BATCH_SIZE", 1)
    for seconds in (2, 1):
        a_review_stamped(NOON - seconds * SECOND, product)

    def stop(rows: int) -> None:
        if ReviewEntry.objects.exists():
            raise InterruptedError

    with pytest.raises(InterruptedError):
        ingest_changes(stop)
    a_review_stamped(NOON - 5 * SECOND, product)
    clock.shows += 20 * SECOND
    assert ingest_changes().reviews == 2


def test_nor_does_it_begin_anew(clock: Clock, product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest_changes()
    monkeypatch.setattr(feed_reading, "BATCH_SIZE", 1)
    for _ in range(3):
        a_review_stamped(NOON - 60 * SECOND, product)

    def stop(rows: int) -> None:
        raise InterruptedError

    for read in (1, 2, 3):
        with pytest.raises(InterruptedError):
            ingest_changes(stop)
        assert ReviewEntry.objects.count() == read
