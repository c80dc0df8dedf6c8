"""What a long transaction changed reaches who read the feed on in the meantime."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from shop.demo.entries import read_entries
from shop.models import Product
from shop.selectors.feed import OVERLAP, FeedPosition, changed_products, changed_reviews
from shop.services.catalogue import put_on_sale
from shop.services.demo import load_demo
from shop.services.generating import generate_catalogue
from shop.services.product_file import import_product_file
from tests.shop.builders import a_category, a_product, a_shelf
from tests.shop.demo_files import a_small_demo

pytestmark = pytest.mark.django_db


class SlowClock:
    """Goes on whenever somebody looks at it, and by a third of what a reader of the feed reads again."""

    def __init__(self) -> None:
        self.shows = timezone.now()

    def __call__(self) -> datetime:
        self.shows += OVERLAP / 3
        return self.shows

    def reader(self) -> FeedPosition:
        """Where one reads from who has read all that others changed until now."""
        return FeedPosition(self.shows).rewound(self.shows)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SlowClock:
    clock = SlowClock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def test_all_that_a_file_changed_or_added(clock: SlowClock) -> None:
    a_category("Green tea", a_category("Tea", a_category("Tea & Coffee")))
    for number in range(4):
        a_product(f"Old {number}", sku=f"tea-{number}")
    lines = [f"tea-{number},New {number},Tea & Coffee > Tea > Green tea\n" for number in range(6)]
    content = "".join(["sku,name,category\n", *lines]).encode()
    import_product_file(content=content, actor_id=None, dry_run=False)
    found = changed_products(clock.reader(), 10)
    assert [row.name for row in found] == [f"New {number}" for number in range(6)]


def test_all_that_went_on_sale_at_once(clock: SlowClock, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = a_shelf()
    products = [a_product(category=shelf, is_on_sale=False) for _ in range(3)]

    def slowly(*changes: object, **facts: object) -> None:
        clock.shows += timedelta(minutes=1)

    monkeypatch.setattr("shop.services.catalogue.record_changes", slowly)
    put_on_sale(product_ids=[product.pk for product in products], is_on_sale=True, actor_id=None)
    found = changed_products(clock.reader(), 10)
    assert [row.product_id for row in found] == [product.pk for product in products]


def test_all_of_the_demo(clock: SlowClock, tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    entries = read_entries(a_small_demo(tmp_path / "demo"))
    load_demo(entries=entries, logins_file=tmp_path / "logins.json")
    found = changed_products(clock.reader(), 10)
    assert len(found) == len(entries.products) == Product.objects.count()
    assert len(changed_reviews(clock.reader(), 10)) == len(entries.reviews)


def test_all_that_was_generated(clock: SlowClock, tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    entries = read_entries(a_small_demo(tmp_path / "demo"))
    generate_catalogue(entries=entries, products=4, reviews=8, seed=1)
    assert len(changed_products(clock.reader(), 10)) == 4
    assert len(changed_reviews(clock.reader(), 10)) == 8
