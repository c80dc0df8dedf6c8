"""Search by vector: exact where few match, never short, filters always kept."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connections
from pgvector import HalfVector

from recommender import search
from recommender.documents import literal
from recommender.embedding import Floats, unit
from recommender.models import DIMENSIONS, ProductEntry
from recommender.search import Filters, nearest, walked

pytestmark = pytest.mark.django_db(databases=["recommender"])

ROWS = 2_000


def towards(seed: int) -> Floats:
    """One of a hundred directions, and some noise: texts lie in heaps too."""
    centre, noise = (np.random.default_rng(number).normal(size=DIMENSIONS) for number in (seed % 100, seed))
    return unit((centre + 0.5 * noise).astype(np.float32))


def an_entry(product_id: int, **fields: Any) -> ProductEntry:
    defaults = {
        "name": f"Product {product_id}",
        "text": f"Product {product_id}",
        "category_ids": [product_id % 100],
        "selling_price": Decimal(product_id),
        "is_available": True,
        "embedding": HalfVector(towards(product_id)),
    }
    return ProductEntry(product_id=product_id, **(defaults | fields))


@pytest.fixture
def entries() -> None:
    ProductEntry.objects.bulk_create(an_entry(product_id) for product_id in range(1, ROWS + 1))


def exactly(vector: Floats, product_ids: range | list[int]) -> list[int]:
    cosines = {product_id: float(towards(product_id) @ vector) for product_id in product_ids}
    return sorted(cosines, key=lambda product_id: -cosines[product_id])[:4]


def ids(vector: Floats, filters: Filters) -> list[int]:
    return [match.product_id for match in nearest(vector, filters, 4)]


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("is_walked", [False, True])
def test_the_nearest_are_found_whichever_way_is_taken(
    is_walked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FEW_ROWS", 0 if is_walked else ROWS)
    monkeypatch.setattr(search, "ENOUGH", 1000)  # the index is built by chance; so wide, it misses nothing
    for seed in (10_003, 20_005, 30_007):
        assert ids(towards(seed), Filters()) == exactly(towards(seed), range(1, ROWS + 1))


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("category", range(3))
def test_where_one_in_a_hundred_passes_the_answer_is_exact(category: int) -> None:
    vector = towards(50_050)
    passing = [product_id for product_id in range(1, ROWS + 1) if product_id % 100 == category]
    assert ids(vector, Filters(category_id=category)) == exactly(vector, passing)


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("category", range(3))
def test_an_index_that_runs_dry_among_strangers_leaves_no_answer_short(
    category: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FEW_ROWS", 0)
    monkeypatch.setattr(search, "MOST_SCANNED", 1)
    found = ids(towards(50_050), Filters(category_id=category))
    assert len(found) == 4
    assert {product_id % 100 for product_id in found} == {category}


@pytest.mark.usefixtures("entries")
def test_a_walk_goes_on_until_four_passed_and_its_settings_hold_for_it_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filters = Filters(category_id=1)
    with connections["recommender"].cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")  # so few rows would rather be sorted than walked
        assert len(walked(towards(50_050), filters, limit=4, ef=10)) == 4
        cursor.execute("SHOW hnsw.ef_search")
        assert cursor.fetchone() == ("10",)  # it holds in the transaction, which is the test's
        monkeypatch.setattr(search, "MOST_SCANNED", 1)
        assert len(walked(towards(50_050), filters, limit=4, ef=10)) < 4


@pytest.mark.usefixtures("entries")
def test_fewer_than_four_come_only_where_fewer_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "FEW_ROWS", 0)
    assert set(ids(towards(7), Filters(at_least=Decimal(1998)))) == {1998, 1999, 2000}


def test_unavailable_excluded_and_unembedded_products_are_not_found() -> None:
    ProductEntry.objects.bulk_create(
        [an_entry(1), an_entry(2, is_available=False), an_entry(3), an_entry(4, embedding=None), an_entry(5)]
    )
    assert sorted(ids(towards(1), Filters(without=frozenset({3})))) == [1, 5]


def test_prices_and_contents_filter_and_an_unknown_price_passes_no_bound() -> None:
    ProductEntry.objects.bulk_create(
        [
            an_entry(1, selling_price=None),
            an_entry(2, holds=literal("rice")),
            an_entry(3, holds=literal("peanut butter")),
            an_entry(4, holds=literal("hazelnut")),
            an_entry(5),  # what is in it was not read yet
            an_entry(9, holds=literal("rice")),
        ]
    )
    without = Filters(at_most=Decimal(5), without_terms=("peanut", "hazelnut"))
    assert ids(towards(1), without) == [2]
    other = Filters(at_most=Decimal(9), at_least=Decimal(3), without_terms=("peanut",))
    assert sorted(ids(towards(1), other)) == [4, 9]  # composed once, asked of other values
