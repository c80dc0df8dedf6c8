"""Of a product its latest reviews are read, and none of the others."""

import pytest
from django.db import connections

from recommender.models import ReviewEntry
from recommender.reviews import LATEST, latest_reviews

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def entries() -> None:
    """Of three products, in turn; every seventh is not published."""
    ReviewEntry.objects.bulk_create(
        ReviewEntry(review_id=number, product_id=number % 3, stars=5, is_published=number % 7 > 0)
        for number in range(60)
    )


def test_as_many_of_each_as_are_asked_for_the_latest_first() -> None:
    found = latest_reviews([0, 2, 3], 3)
    assert {product_id: [review.pk for review in reviews] for product_id, reviews in found.items()} == {
        0: [57, 54, 51],
        2: [59, 53, 50],
    }


def test_the_index_leads_to_them_past_all_others() -> None:
    ReviewEntry.objects.bulk_create(
        ReviewEntry(review_id=number, product_id=number % 500, stars=5, is_published=True)
        for number in range(60, 6_000)
    )
    with connections["recommender"].cursor() as cursor:
        cursor.execute("ANALYZE recommender_reviewentry")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN ANALYZE {LATEST}", [[0, 2], 3])
        [scan] = [line for (line,) in cursor.fetchall() if "review_of_product" in line]
    assert "Index Scan Backward" in scan
    assert "rows=3" in scan.partition("actual")[2]
