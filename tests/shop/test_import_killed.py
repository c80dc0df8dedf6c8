"""An import killed in the middle and run again leaves what an undisturbed one leaves."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.elsewhere import ShopElsewhere, shops_elsewhere
from tests.shop.amazon_files import a_product_line, a_review_line, written

REVIEWS, PRODUCTS = 30_000, 300

pytestmark = pytest.mark.processes

REVIEW_ROWS = """
    SELECT p.asin, r.author_name, r.stars, r.title, r.body, r.helpful_votes, r.is_verified_purchase,
           r.source_id, r.status, r.created_at
    FROM shop_review r JOIN shop_product p ON p.id = r.product_id ORDER BY r.source_id
"""
PRODUCT_ROWS = """
    SELECT p.asin, p.name, p.selling_price, p.on_hand, p.review_count, p.stars_total, c.name
    FROM shop_product p JOIN shop_category c ON c.id = p.category_id ORDER BY p.asin
"""


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[tuple[ShopElsewhere, ...]]:
    with shops_elsewhere(tmp_path, "calm", "killed") as shops:
        yield shops


def test_an_import_killed_in_the_middle_and_run_again_loses_and_doubles_nothing(
    tmp_path: Path, shops: tuple[ShopElsewhere, ...]
) -> None:
    calm, killed = shops
    meta = written(
        tmp_path / "meta.json.gz", [a_product_line(asin=f"B{number}") for number in range(PRODUCTS // 2)]
    )
    reviews = written(
        tmp_path / "reviews.json.gz",
        [
            a_review_line(asin=f"B{number % PRODUCTS}", reviewText=f"Cup {number}.", overall=1 + number % 5)
            for number in range(REVIEWS)
        ],
    )
    files = ("--reviews", reviews, "--meta", meta)
    calm.run("import_amazon", *files)

    process = killed.command("import_amazon", *files)
    while process.poll() is None and killed.rows("SELECT COUNT(*) FROM shop_review") == [(0,)]:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    [(written_before,)] = killed.rows("SELECT COUNT(*) FROM shop_review")
    assert written_before % 2000 == 0  # whole batches

    printed = killed.run("import_amazon", *files)
    assert f"{REVIEWS - written_before:,} new, 0 completed, {written_before:,} unchanged" in printed
    assert killed.rows(REVIEW_ROWS) == calm.rows(REVIEW_ROWS)
    assert killed.rows(PRODUCT_ROWS) == calm.rows(PRODUCT_ROWS)
    assert len(killed.rows(REVIEW_ROWS)) == REVIEWS
