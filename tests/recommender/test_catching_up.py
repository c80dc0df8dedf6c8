"""From a review in the shop to a tag in the shop."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connections
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from recommender.embedding import default_embedder
from recommender.exceptions import LabelModelUnusable
from recommender.labelling import BATCH_SIZE, open_tagger
from recommender.models import DIMENSIONS, FeedCursor, ProductEntry, ReviewEntry, ReviewLabel, TagCluster
from recommender.search import Filters, nearest
from recommender.services import (
    Advance,
    CaughtUp,
    EnoughForNow,
    Total,
    catch_up,
    ingest,
    work_off,
    working_for,
)
from recommender.tags import next_stale_products, publish
from seq2label.checkpoint import model_version, save_checkpoint
from shop.models import Product, ProductTag, Review, TagMention
from shop.models.reviews import ReviewStatus
from shop.services.tags import TagToPublish, publish_tags
from tests.recommender.encoders import Noting
from tests.recommender.taggers import TaggerStopped, WordTagger
from tests.seq2label.builders import a_network
from tests.shop.builders import a_product, a_review

pytestmark = pytest.mark.django_db

NORTH = np.eye(1, DIMENSIONS, dtype=np.float32)[0]


def published(product: Product) -> list[tuple[str, int, float]]:
    return list(product.tags.values_list("label", "count", "share"))


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """What the recommender concluded and the shop shows, without the ids of rows."""
    return {
        "labels": sorted(
            ReviewLabel.objects.values_list("review_id", "label_id", "partner_id", "model_version")
        ),
        "clusters": sorted(
            TagCluster.objects.values_list("product_id", "medoid_id", "polarity", "count", "share", "rank")
        ),
        "tags": sorted(ProductTag.objects.values_list("product_id", "label", "count", "share", "rank")),
        "mentions": sorted(TagMention.objects.values_list("tag__label", "review_id")),
    }


def test_a_broken_model_keeps_no_product_from_being_found(settings: Settings, tmp_path: Path) -> None:
    """Reviews wait for a whole one, and are read then."""
    settings.LABEL_MODEL_DIR = tmp_path
    (tmp_path / "config.json").write_text("{")
    product = a_product("Green tea")
    a_review(product, body="tasty")
    with pytest.raises(LabelModelUnusable):
        catch_up()
    assert [match.product_id for match in nearest(NORTH, Filters(), 4)] == [product.pk]
    assert catch_up(tagger=WordTagger()).labelled == 1


def test_reviews_become_tags_of_their_product() -> None:
    product = a_product("Green tea")
    first = a_review(product, body="tasty and floral")
    second = a_review(product, body="tasty")
    third = a_review(product, body="torn when it came", stars=2)

    done = catch_up(tagger=WordTagger())

    assert (done.ingested.products, done.ingested.reviews, done.labelled) == (1, 3, 3)
    assert set(published(product)) == {
        ("great taste", 2, 2 / 3),
        ("great aroma", 1, 1 / 3),
        ("poor packaging", 1, 1 / 3),
    }
    assert set(TagMention.objects.values_list("tag__label", "review_id")) == {
        ("great taste", first.pk),
        ("great taste", second.pk),
        ("great aroma", first.pk),
        ("poor packaging", third.pk),
    }
    assert product.tags.get(label="poor packaging").polarity == -1


def test_a_second_run_finds_nothing_to_do() -> None:
    product = a_product()
    a_review(product, body="tasty")
    catch_up(tagger=WordTagger())
    before = everything()

    again = catch_up(tagger=(tagger := WordTagger()))

    assert (again.ingested.products, again.ingested.reviews, again.labelled) == (0, 0, 0)
    assert again.refreshed.products == 0
    assert tagger.pairs == []
    assert everything() == before


def test_a_review_posted_later_joins_the_tags() -> None:
    product = a_product()
    a_review(product, body="tasty")
    catch_up(tagger=WordTagger())
    a_review(product, body="worms in it", stars=1)

    done = catch_up(tagger=WordTagger())

    assert (done.labelled, done.refreshed.products) == (1, 1)
    assert set(published(product)) == {("great taste", 1, 0.5), ("contaminated", 1, 0.5)}


def test_a_tag_that_stays_keeps_its_rows() -> None:
    product = a_product()
    a_review(product, body="tasty")
    catch_up(tagger=WordTagger())
    cluster, tag = TagCluster.objects.get(), ProductTag.objects.get()
    a_review(product, body="tasty and crunchy")

    catch_up(tagger=WordTagger())

    assert TagCluster.objects.get(medoid="great taste").pk == cluster.pk
    assert ProductTag.objects.get(label="great taste").pk == tag.pk


def test_what_did_not_change_is_not_published_again() -> None:
    product = a_product()
    for body in ("tasty and floral", "tasty", "sugary"):
        a_review(product, body=body)
    catch_up(tagger=WordTagger())
    ProductEntry.objects.mark_stale([product.pk])

    with CaptureQueriesContext(connections["default"]) as asked:
        assert catch_up(tagger=WordTagger()).refreshed.products == 1

    of_tags = [query["sql"].split()[0] for query in asked if "tag" in query["sql"]]
    assert of_tags == ["SELECT", "SELECT"]
    assert len(published(product)) == 3


def test_a_review_that_the_shop_has_no_more_is_mentioned_by_no_tag() -> None:
    product = a_product()
    review = a_review(product)
    tag = TagToPublish("great taste", 1, 2, 1.0, (review.pk, review.pk + 1))

    assert publish_tags(product_id=product.pk, tags=[tag])

    assert list(TagMention.objects.values_list("tag__label", "review_id")) == [("great taste", review.pk)]


def test_a_review_that_is_rewritten_is_read_again() -> None:
    product = a_product()
    review = a_review(product, body="tasty")
    catch_up(tagger=WordTagger())
    review.body = "sugary"
    review.save(update_fields=("body", "changed_at"))

    catch_up(tagger=WordTagger())

    assert published(product) == [("too sweet", 1, 1.0)]


def test_a_review_that_is_withdrawn_takes_its_labels_along() -> None:
    product = a_product()
    a_review(product, body="tasty")
    withdrawn = a_review(product, body="worms", stars=1)
    catch_up(tagger=WordTagger())
    withdrawn.status = ReviewStatus.REJECTED
    withdrawn.save(update_fields=("status", "changed_at"))

    catch_up(tagger=WordTagger())

    assert published(product) == [("great taste", 1, 1.0)]
    assert ReviewEntry.objects.get(pk=withdrawn.pk).labelled_with == ""


def test_a_held_review_is_not_read() -> None:
    product = a_product()
    a_review(product, body="worms", status=ReviewStatus.HELD)

    catch_up(tagger=(tagger := WordTagger()))

    assert tagger.pairs == []
    assert published(product) == []


def test_rows_of_the_overlap_window_make_nothing_stale() -> None:
    product = a_product()
    a_review(product, body="tasty")
    catch_up(tagger=WordTagger())
    revision = ProductEntry.objects.get().revision
    position = FeedCursor.objects.get(feed="reviews").position

    catch_up(tagger=WordTagger())

    assert ProductEntry.objects.get().revision == revision
    assert FeedCursor.objects.get(feed="reviews").position == position


def test_a_new_price_reaches_search_without_making_tags_again() -> None:
    product = a_product(selling_price="10.00")
    catch_up(tagger=WordTagger())
    product.selling_price = "8.00"
    product.save(update_fields=("selling_price", "changed_at"))

    done = catch_up(tagger=WordTagger())

    assert str(ProductEntry.objects.get().selling_price) == "8.00"
    assert (done.ingested.products, done.refreshed.products) == (1, 0)


def test_a_product_without_reviews_has_a_vector_and_no_tags() -> None:
    product = a_product("Hand-cracked hickory nuts")

    catch_up(tagger=WordTagger())

    entry = ProductEntry.objects.get(pk=product.pk)
    assert len(entry.embedding) == 384
    assert published(product) == []


def test_of_a_review_without_spaces_as_little_is_quoted_as_of_another() -> None:
    product = a_product("Green tea")
    a_review(product, title="Good", body="floral " * 40)
    a_review(product, title="好茶", body="茶" * 2_000)
    noting = Noting()
    catch_up(tagger=WordTagger(), embedder=noting)
    assert "好茶. " + "茶" * 156 + " Good." + " floral" * 19 in noting.texts


def test_a_product_that_the_shop_deleted_is_forgotten() -> None:
    product = a_product()
    a_review(product, body="tasty")
    catch_up(tagger=WordTagger())
    ProductEntry.objects.mark_stale([product.pk])
    product.delete()

    catch_up(tagger=WordTagger())

    assert everything() == {"labels": [], "clusters": [], "tags": [], "mentions": []}
    assert ProductEntry.objects.count() == 0


def test_a_new_version_of_the_model_reads_everything_again() -> None:
    product = a_product()
    a_review(product, body="tasty")
    catch_up(tagger=WordTagger())

    done = catch_up(tagger=WordTagger({"tasty": ("rich flavor", 1)}, model_version="words-2"))

    assert done.labelled == 1
    assert published(product) == [("rich flavor", 1, 1.0)]
    assert list(ReviewLabel.objects.values_list("label_id", "model_version")) == [("rich flavor", "words-2")]


def test_a_model_that_is_replaced_in_its_place_is_the_one_that_reads_on(
    settings: Settings, tmp_path: Path
) -> None:
    settings.LABEL_MODEL_DIR = directory = tmp_path / "model"
    a_review(a_product(), body="far too sweet for me")
    read_by = []
    for seed in (3, 5):
        save_checkpoint(a_network(seed), directory, metrics={}, card="", pictures={})
        assert [catch_up().labelled, catch_up().labelled] == [1, 0]
        read_by.append(ReviewEntry.objects.get().labelled_with)
        assert read_by[-1] == model_version(directory)
        assert open_tagger(directory) is open_tagger(directory)
    assert read_by[0] != read_by[1]


def test_a_change_during_publishing_is_not_lost() -> None:
    product = a_product()
    catch_up(tagger=WordTagger())
    ProductEntry.objects.mark_stale([product.pk])
    [read] = next_stale_products()
    ProductEntry.objects.mark_stale([product.pk])

    publish(read.entry, [])

    assert list(ProductEntry.objects.stale()) == [read.entry]
    assert catch_up(tagger=WordTagger()).refreshed.products == 1
    assert not ProductEntry.objects.stale().exists()


@pytest.mark.parametrize("calls", [0, 1])  # of two: as many batches
def test_a_run_that_was_stopped_while_labelling_ends_like_one_that_was_not(calls: int) -> None:
    for number in range(5):
        product = a_product(f"Product {number}")
        for words in ("tasty", "crunchy and cheap", "tasty torn", "sugary", "light and tasty")[: number + 1]:
            a_review(product, body=words)
    for number in range(BATCH_SIZE):
        a_review(product, body="tasty" if number % 3 else "floral")

    with pytest.raises(TaggerStopped):
        catch_up(tagger=WordTagger(stops_after=calls))
    catch_up(tagger=WordTagger())
    stopped = everything()
    for model in (TagCluster, ReviewLabel, ReviewEntry, ProductEntry, FeedCursor):
        model.objects.all().delete()
    ProductTag.objects.all().delete()
    catch_up(tagger=WordTagger())

    assert everything() == stopped
    assert len(stopped["labels"]) == Review.objects.count() + 8  # eight of the reviews say two things


def test_a_turn_ends_between_two_batches_and_the_next_one_goes_on() -> None:
    product = a_product()
    for _ in range(2 * BATCH_SIZE):
        a_review(product, body="tasty")
    ingest()
    with pytest.raises(EnoughForNow):
        work_off(CaughtUp(), WordTagger(), default_embedder(), working_for(0.0))
    assert ReviewEntry.objects.to_label("words-1").count() == BATCH_SIZE

    catch_up(tagger=WordTagger())

    assert published(product) == [("great taste", 2 * BATCH_SIZE, 1.0)]


def a_backlog() -> Product:
    """A product with more reviews than are read at a time, all ingested."""
    product = a_product("Old tea")
    for _ in range(2 * BATCH_SIZE):
        a_review(product, body="tasty")
    ingest()
    return product


def catch_up_until_killed(calls: int) -> None:
    with pytest.raises(TaggerStopped):
        catch_up(tagger=WordTagger(stops_after=calls))


def test_a_review_that_was_just_posted_waits_for_no_backlog() -> None:
    a_backlog()
    product = a_product("New tea")
    a_review(product, body="floral")

    catch_up_until_killed(calls=1)

    assert published(product) == [("great aroma", 1, 1.0)]
    assert ReviewEntry.objects.to_label("words-1").count() == 2 * BATCH_SIZE


def test_nor_does_one_that_is_posted_while_the_backlog_is_worked_off() -> None:
    a_backlog()
    product = a_product("New tea")
    ingest()

    class Meanwhile(WordTagger):
        def label_pairs(self, *args: Any, **options: Any) -> Any:
            if not self.calls:
                a_review(product, body="floral")
            return super().label_pairs(*args, **options)

    with pytest.raises(TaggerStopped):
        catch_up(tagger=Meanwhile(stops_after=2))

    assert published(product) == [("great aroma", 1, 1.0)]
    assert ReviewEntry.objects.to_label("words-1").count() == BATCH_SIZE


def test_products_are_found_before_all_reviews_are_read() -> None:
    backlog = a_backlog()
    other = a_product("Oat bars")
    ingest()

    catch_up_until_killed(calls=0)

    assert {match.product_id for match in nearest(NORTH, Filters(), 4)} == {backlog.pk, other.pk}


def test_tags_are_published_before_all_reviews_are_read() -> None:
    product = a_backlog()
    catch_up_until_killed(calls=1)
    assert published(product) == [("great taste", BATCH_SIZE, 1.0)]


def test_only_who_watches_has_what_waits_counted() -> None:
    a_backlog()
    totals: dict[str, list[int | None]] = {}

    @contextmanager
    def watch(stage: str, total: Total) -> Iterator[Advance]:
        totals.setdefault(stage, []).append(total())
        yield lambda done: None

    with CaptureQueriesContext(connections["recommender"]) as unwatched:
        catch_up_until_killed(calls=1)
    ProductEntry.objects.update(published_revision=F("revision"))
    catch_up(tagger=WordTagger(), watch=watch)
    a_product("Oat bars")
    catch_up(tagger=WordTagger(), watch=watch)

    assert not [query["sql"] for query in unwatched if "COUNT(*)" in query["sql"]]
    assert totals["Reviews labelled"] == [BATCH_SIZE, 0]
    assert totals["Products refreshed"] == [None, 1]


def test_tags_that_were_stored_but_not_published_are_published_by_the_next_run() -> None:
    product = a_product()
    a_review(product, body="tasty")
    catch_up(tagger=WordTagger())
    publish_tags(product_id=product.pk, tags=[TagToPublish("of an older run", 0, 1, 1.0, ())])
    ProductEntry.objects.update(published_revision=0)

    catch_up(tagger=WordTagger())

    assert published(product) == [("great taste", 1, 1.0)]
