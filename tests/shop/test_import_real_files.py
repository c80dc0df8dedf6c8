"""The published files, where they are at hand."""

from pathlib import Path

import pytest
from django.db.models import Sum

from shop.models import Product, Review
from tests.shop.amazon_files import import_amazon

AMAZON = Path(__file__).resolve().parents[3] / "shared" / "data" / "amazon"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not AMAZON.exists(), reason=f"the real files are not in {AMAZON}"),
]


def counts() -> tuple[int, int, int, int]:
    """Products, reviews, and the two as the products count them."""
    totals = Product.objects.aggregate(Sum("review_count"), Sum("stars_total"))
    return (
        Product.objects.count(), Review.objects.count(),
        totals["review_count__sum"], totals["stars_total__sum"],
    )  # fmt: skip


def test_the_grocery_reviews_come_in(tmp_path: Path) -> None:
    files = (
        "--reviews", AMAZON / "Grocery_and_Gourmet_Food.json.gz",
        "--meta", AMAZON / "meta_Grocery_and_Gourmet_Food.json.gz",
    )  # fmt: skip
    printed = import_amazon(tmp_path, *files)
    assert "Products: 740 read, 740 new, 0 completed, 0 unchanged, 0 rejected" in printed
    assert "Reviews: 9,009 read, 9,004 new, 0 completed, 5 unchanged, 0 rejected" in printed
    assert "products made without metadata: 592" in printed
    stars = Review.objects.aggregate(Sum("stars"))["stars__sum"]
    assert counts() == (1332, 9004, 9004, stars)
    assert not Review.objects.filter(body__regex=r"<br|&quot;|&#[0-9]+;").exists()

    assert "9,009 read, 0 new, 0 completed, 9,009 unchanged" in import_amazon(tmp_path, *files)
    assert counts() == (1332, 9004, 9004, stars)


def test_the_gift_cards_come_in(tmp_path: Path) -> None:
    files = ("--reviews", AMAZON / "Gift_Cards_5.json.gz", "--meta", AMAZON / "meta_Gift_Cards.json.gz")
    printed = import_amazon(tmp_path, *files, "--department", "Gift cards")
    assert "Products: 1,547 read, 1,547 new, 0 completed, 0 unchanged, 0 rejected" in printed
    assert "Reviews: 2,485 read, 2,485 new, 0 completed, 0 unchanged, 0 rejected" in printed
    assert Product.objects.filter(selling_price__isnull=False).count() == 358
    names = Product.objects.filter(asin__isnull=False).values_list("category__name", flat=True)
    assert sorted(set(names)) == ["Other"]
