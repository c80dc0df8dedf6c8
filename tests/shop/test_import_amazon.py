"""What an import leaves in the shop, and what it leaves alone."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.utils import timezone

from shop.models import Category, Product, Review
from shop.selectors.catalogue import path_to
from shop.selectors.feed import FeedPosition, changed_products, changed_reviews
from tests.shop.amazon_files import COFFEE, TEA, a_product_line, a_review_line, import_amazon, written
from tests.shop.builders import a_product, a_review

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    return written(
        tmp_path / "reviews.json.gz",
        [
            a_review_line(),
            a_review_line(reviewerID="A2BOB", overall=1.0, summary="", reviewText=""),
            a_review_line(asin=COFFEE, overall=5.0, vote="7", verified=False),
        ],
    )


@pytest.fixture
def meta(tmp_path: Path) -> Path:
    return written(tmp_path / "meta.json.gz", [a_product_line()])


def rows() -> list[object]:
    """Every value of every row that an import writes."""
    return [list(model.objects.order_by("pk").values()) for model in (Category, Product, Review)]


def test_reviews_and_products_come_in(tmp_path: Path, reviews: Path, meta: Path) -> None:
    printed = import_amazon(tmp_path, "--reviews", reviews, "--meta", meta)

    tea = Product.objects.get(asin=TEA)
    assert (tea.name, tea.brand, tea.brief, tea.detail) == (
        "Morning Tea, 50 bags", "Larkfield", "Fifty bags", "Black tea.",
    )  # fmt: skip
    assert (tea.selling_price, tea.on_hand, tea.is_on_sale) == (Decimal("4.50"), 100, True)
    assert [category.name for category in path_to(tea.category)] == ["Grocery", "Beverages", "Tea"]
    assert (tea.review_count, tea.stars_total) == (2, 5)

    coffee = Product.objects.get(asin=COFFEE)
    assert (coffee.name, coffee.selling_price) == (f"Grocery item {COFFEE}", None)
    assert [category.name for category in path_to(coffee.category)] == ["Grocery", "Other", "Other"]
    assert (coffee.review_count, coffee.stars_total) == (1, 5)

    review = Review.objects.get(product=coffee)
    assert (review.customer, review.status, review.stars) == (None, "published", 5)
    assert (review.title, review.body) == ("A good cup", "Fresh and strong.")
    assert (review.helpful_votes, review.is_verified_purchase) == (7, False)
    assert review.created_at == datetime(2011, 4, 27, tzinfo=UTC)

    lines = [line.partition(", in ")[0] for line in printed.splitlines()]
    assert lines == [
        "Products: 1 read, 1 new, 0 completed, 0 unchanged, 0 rejected",
        "Reviews: 3 read, 3 new, 0 completed, 0 unchanged, 0 rejected",
        "  accepted without text: 1",
        "  products made without metadata: 1",
    ]


def test_no_reviewer_can_be_recognised(tmp_path: Path, reviews: Path) -> None:
    import_amazon(tmp_path, "--reviews", reviews)
    authors = list(Review.objects.order_by("pk").values_list("author_name", flat=True))
    assert authors[0] == authors[2] != authors[1]
    assert not any(secret in str(rows()) for secret in ("A1ALICE", "A2BOB", "Alice"))


def test_a_second_run_changes_nothing(tmp_path: Path, reviews: Path, meta: Path) -> None:
    import_amazon(tmp_path, "--reviews", reviews, "--meta", meta)
    before = rows()
    printed = import_amazon(tmp_path, "--reviews", reviews, "--meta", meta)
    assert rows() == before
    assert "Products: 1 read, 0 new, 0 completed, 1 unchanged, 0 rejected" in printed
    assert "Reviews: 3 read, 0 new, 0 completed, 3 unchanged, 0 rejected" in printed


def test_a_line_that_stands_twice_is_one_review(tmp_path: Path) -> None:
    twice = written(tmp_path / "reviews.json", [a_review_line(), a_review_line(), a_review_line()])
    printed = import_amazon(tmp_path, "--reviews", twice)
    assert "Reviews: 3 read, 1 new, 0 completed, 2 unchanged, 0 rejected" in printed
    assert list(Product.objects.values_list("review_count", "stars_total")) == [(1, 4)]


def test_two_texts_by_one_reviewer_are_two_reviews(tmp_path: Path) -> None:
    two = written(tmp_path / "reviews.json", [a_review_line(), a_review_line(reviewText="Weak today.")])
    import_amazon(tmp_path, "--reviews", two)
    assert sorted(Review.objects.values_list("body", flat=True)) == ["Fresh and strong.", "Weak today."]


def test_metadata_after_the_reviews_name_what_had_no_name(tmp_path: Path, reviews: Path, meta: Path) -> None:
    import_amazon(tmp_path, "--reviews", reviews)
    pk = Product.objects.get(asin=TEA).pk
    printed = import_amazon(tmp_path, "--meta", meta)
    assert "Products: 1 read, 0 new, 1 completed, 0 unchanged, 0 rejected" in printed
    tea = Product.objects.get(asin=TEA)
    assert (tea.pk, tea.name, tea.selling_price) == (pk, "Morning Tea, 50 bags", Decimal("4.50"))
    assert [category.name for category in path_to(tea.category)] == ["Grocery", "Beverages", "Tea"]
    assert (tea.review_count, tea.stars_total) == (2, 5)


def test_the_shop_s_own_words_and_prices_stay(tmp_path: Path, meta: Path) -> None:
    ours = a_product("Our tea", asin=TEA, brand="Ours", selling_price=Decimal("9.99"), on_hand=3)
    shelf = ours.category_id
    import_amazon(tmp_path, "--meta", meta)
    ours.refresh_from_db()
    assert (ours.name, ours.brand, ours.selling_price, ours.on_hand) == (
        "Our tea",
        "Ours",
        Decimal("9.99"),
        3,
    )
    assert (ours.category_id, ours.brief, ours.detail) == (shelf, "Fifty bags", "Black tea.")


def test_a_review_that_staff_rejected_stays_rejected(tmp_path: Path, reviews: Path) -> None:
    import_amazon(tmp_path, "--reviews", reviews)
    Review.objects.filter(stars=1).update(status="rejected", title="Changed")
    before = rows()
    import_amazon(tmp_path, "--reviews", reviews)
    assert rows() == before


def test_imported_reviews_add_to_those_that_are_there(tmp_path: Path, reviews: Path) -> None:
    tea = a_product(asin=TEA)
    a_review(tea, stars=3)
    import_amazon(tmp_path, "--reviews", reviews)
    tea.refresh_from_db()
    assert (tea.review_count, tea.stars_total) == (3, 8)


def test_metadata_lines_of_one_product_complete_each_other(tmp_path: Path) -> None:
    lines = [
        a_product_line(title="", price=""),
        a_product_line(brand="Another"),
        a_product_line(title="Third"),
    ]
    printed = import_amazon(tmp_path, "--meta", written(tmp_path / "meta.json", lines))
    assert "Products: 3 read, 1 new, 1 completed, 1 unchanged, 0 rejected" in printed
    tea = Product.objects.get()
    assert (tea.name, tea.brand, tea.selling_price) == ("Morning Tea, 50 bags", "Larkfield", Decimal("4.50"))


def test_the_recommender_s_feed_sees_what_was_imported(tmp_path: Path, reviews: Path, meta: Path) -> None:
    position = FeedPosition(timezone.now())
    import_amazon(tmp_path, "--reviews", reviews, "--meta", meta)
    assert [row.name for row in changed_products(position, 10)] == [
        "Morning Tea, 50 bags", f"Grocery item {COFFEE}",
    ]  # fmt: skip
    assert [(row.stars, row.is_published) for row in changed_reviews(position, 10)] == [
        (4, True), (1, True), (5, True),
    ]  # fmt: skip


def test_categories_that_differ_in_case_or_accents_are_one(tmp_path: Path) -> None:
    lines = [
        a_product_line(asin=f"B{number}", category=["Grocery", name, "Beans"])
        for number, name in enumerate(["Café", "CAFE", "café"])
    ]
    import_amazon(tmp_path, "--meta", written(tmp_path / "meta.json", lines))
    assert list(Category.objects.filter(level=2).order_by("name").values_list("name", flat=True)) == [
        "Café", "Other",
    ]  # fmt: skip


def test_options_decide_what_the_files_leave_open(tmp_path: Path, reviews: Path, meta: Path) -> None:
    import_amazon(
        tmp_path, "--reviews", reviews, "--meta", meta,
        "--department", "Drinks", "--currency-rate", "7.2", "--default-stock", "5", "--limit", "2",
    )  # fmt: skip
    tea = Product.objects.get()  # the limit left the coffee's review out
    assert (tea.selling_price, tea.on_hand, tea.review_count) == (Decimal("32.40"), 5, 2)
    assert [category.name for category in path_to(tea.category)] == ["Drinks", "Beverages", "Tea"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--currency-rate", "0"], "'0' is no rate: it should be a number from 0.0001 to 10000."),
        (["--currency-rate", "NaN"], "'NaN' is no rate: it should be a number from 0.0001 to 10000."),
        (["--default-stock", "-1"], "'-1' is no whole number from 0 to 1000000."),
        (["--department", " "], "' ' is no department: it should have 1 to 80 characters."),
        ([], "Nothing to import: name a file with --reviews, --meta, or both."),
    ],
)
def test_a_wrong_option_is_refused(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        import_amazon(tmp_path, *arguments)
    assert sentence in str(refused.value)
    assert not Product.objects.exists()
