"""Lines of the three published schemas, and lines that are none."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shop.amazon.lines import LONGEST_LINE, Line
from shop.amazon.pseudonyms import pseudonym
from shop.amazon.records import ProductRecord, ReviewRecord, fields_of, product_from, review_from
from shop.amazon.rejects import Rejected
from tests.shop.amazon_files import a_product_line, a_review_line

KEY = b"a key for tests"


def review(line: str) -> ReviewRecord:
    return review_from(fields_of(Line(1, line.encode())), KEY)


def product(line: str) -> ProductRecord:
    return product_from(fields_of(Line(1, line.encode())), Decimal(1))


def a_review_of_2014(**fields: Any) -> str:
    return json.dumps(
        {
            "reviewerID": "A1ALICE", "asin": "B000TEA001", "reviewerName": "Alice A.", "helpful": [3, 4],
            "reviewText": "Fresh and strong.", "overall": 4.0, "summary": "A good cup",
            "unixReviewTime": 1303862400, "reviewTime": "04 27, 2011",
        } | fields
    )  # fmt: skip


def a_review_of_2023(**fields: Any) -> str:
    return json.dumps(
        {
            "rating": 4.0, "title": "A good cup", "text": "Fresh and strong.", "images": [],
            "asin": "B000TEA009", "parent_asin": "B000TEA001", "user_id": "A1ALICE",
            "timestamp": 1303862400123, "helpful_vote": 3, "verified_purchase": True,
        } | fields
    )  # fmt: skip


def test_a_review_of_2018_is_read() -> None:
    assert review(a_review_line(vote="1,234")) == ReviewRecord(
        source_id="abce23df94453ac858aa8bc9fc70b04d",
        asin="B000TEA001",
        author_name=pseudonym("A1ALICE", KEY),
        stars=4,
        title="A good cup",
        body="Fresh and strong.",
        helpful_votes=1234,
        is_verified_purchase=True,
        created_at=datetime(2011, 4, 27, tzinfo=UTC),
    )


def test_a_review_of_2014_is_read() -> None:
    record = review(a_review_of_2014())
    assert (record.helpful_votes, record.is_verified_purchase) == (3, False)
    assert (record.stars, record.title, record.body) == (4, "A good cup", "Fresh and strong.")
    assert record.created_at == datetime(2011, 4, 27, tzinfo=UTC)


def test_a_review_of_2023_is_read() -> None:
    record = review(a_review_of_2023())
    assert (record.asin, record.stars, record.title, record.body) == (
        "B000TEA001", 4, "A good cup", "Fresh and strong.",
    )  # fmt: skip
    assert (record.helpful_votes, record.is_verified_purchase) == (3, True)
    assert record.created_at == datetime(2011, 4, 27, 0, 0, 0, 123000, tzinfo=UTC)


def test_one_review_has_one_source_id_in_every_schema() -> None:
    lines = (a_review_line(), a_review_of_2014(), a_review_of_2023())
    assert {review(line).source_id for line in lines} == {review(a_review_line()).source_id}


@pytest.mark.parametrize(
    "other",
    [
        {"reviewerID": "A2BOB"}, {"asin": "B000COF002"}, {"unixReviewTime": 1303948800}, {"overall": 5.0},
        {"summary": "Another cup"}, {"reviewText": "Weak."}, {"summary": "", "reviewText": "A good cup"},
    ],
)  # fmt: skip
def test_another_review_has_another_source_id(other: dict[str, Any]) -> None:
    assert review(a_review_line(**other)).source_id != review(a_review_line()).source_id


def test_votes_do_not_make_another_review() -> None:
    assert review(a_review_line(vote="9")).source_id == review(a_review_line()).source_id


def test_what_a_review_lacks_is_empty() -> None:
    record = review('{"asin": "B000TEA001", "overall": 2, "reviewTime": "04 7, 2011", "summary": null}')
    assert (record.title, record.body, record.helpful_votes, record.is_verified_purchase) == (
        "",
        "",
        0,
        False,
    )
    assert record.author_name == "Reviewer"
    assert record.created_at == datetime(2011, 4, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"asin": "B1", "overall": 5.0', "not a JSON object"),
        ("[1, 2]", "not a JSON object"),
        ("asin,stars,text", "not a JSON object"),
        ("{'asin': open('/etc/passwd')}", "not a JSON object"),
        (a_review_line(asin=""), "no product code (asin) of 1 to 20 letters and digits"),
        (a_review_line(asin=None), "no product code (asin) of 1 to 20 letters and digits"),
        (a_review_line(asin="B" * 21), "no product code (asin) of 1 to 20 letters and digits"),
        (a_review_line(overall=None), "stars are not 1, 2, 3, 4 or 5"),
        (a_review_line(overall=0), "stars are not 1, 2, 3, 4 or 5"),
        (a_review_line(overall=4.5), "stars are not 1, 2, 3, 4 or 5"),
        (a_review_line(overall="many"), "stars are not 1, 2, 3, 4 or 5"),
        (a_review_line(unixReviewTime=0), "no time between 1995 and today"),
        (a_review_line(unixReviewTime=10**40), "no time between 1995 and today"),
        (a_review_line(unixReviewTime=4102444800), "no time between 1995 and today"),
        (a_review_line(unixReviewTime=None, reviewTime="yesterday"), "no time between 1995 and today"),
        (a_review_line(reviewText="x" * LONGEST_LINE), "longer than 1 MiB"),
    ],
)
def test_a_line_that_is_no_review_is_rejected_with_its_reason(line: str, reason: str) -> None:
    with pytest.raises(Rejected) as rejected:
        review(line)
    assert str(rejected.value) == reason


def test_bytes_that_are_not_utf_8_are_rejected() -> None:
    with pytest.raises(Rejected, match="not a JSON object"):
        fields_of(Line(1, b'{"asin": "B1", "reviewText": "caf\xe9"}'))


def test_a_product_of_2018_is_read() -> None:
    assert product(a_product_line()) == ProductRecord(
        asin="B000TEA001",
        name="Morning Tea, 50 bags",
        brand="Larkfield",
        brief="Fifty bags",
        detail="Black tea.",
        price=Decimal("4.50"),
        categories=("Beverages", "Tea"),
    )


def test_a_product_of_2014_is_read_from_a_python_literal() -> None:
    line = (
        "{'asin': '0000031852', 'title': \"Baker's Oats\", 'price': 3.17, 'brand': 'Larkfield', "
        "'salesRank': {'Grocery': 9}, "
        "'categories': [['Grocery & Gourmet Food', 'Breakfast', 'Oats', 'Rolled'], ['Gifts']], "
        "'description': 'Rolled oats &amp; nothing else.'}"
    )
    assert product(line) == ProductRecord(
        asin="0000031852",
        name="Baker's Oats",
        brand="Larkfield",
        brief="",
        detail="Rolled oats & nothing else.",
        price=Decimal("3.17"),
        categories=("Breakfast", "Oats"),
    )


def test_a_product_of_2023_is_read() -> None:
    line = json.dumps(
        {
            "main_category": "Grocery", "title": "Baker&#39;s Oats", "average_rating": 4.6,
            "rating_number": 12, "features": ["Whole grain", "No sugar"], "description": [], "price": 3.17,
            "images": [{"large": "u"}], "store": "Larkfield", "categories": ["Grocery & Gourmet Food"],
            "details": {}, "parent_asin": "B1",
        }
    )  # fmt: skip
    assert product(line) == ProductRecord(
        asin="B1",
        name="Baker's Oats",
        brand="Larkfield",
        brief="Whole grain",
        detail="Whole grain\n\nNo sugar",
        price=Decimal("3.17"),
        categories=(),
    )


def test_what_a_product_lacks_is_empty() -> None:
    assert product('{"asin": "b1"}') == ProductRecord("B1", "", "", "", "", None, ())


def test_a_script_is_no_title() -> None:
    assert product(a_product_line(title="var aPageStart = (new Date()).getTime();")).name == ""


@pytest.mark.parametrize(
    ("path", "categories"),
    [
        ([], ()),
        (["Grocery", "Tea", "</span></span></span>", "Strong"], ("Tea",)),
        (["Grocery", "Tea", "Redeemable everywhere."], ("Tea",)),
        (["Grocery", "Tea", "x" * 61], ("Tea",)),
        (["Grocery", "Coffee, Tea &amp; Cocoa", "Tea", "Black"], ("Coffee, Tea & Cocoa", "Tea")),
        ("Grocery", ()),
        ([None, 3, {}], ()),
    ],
)
def test_a_category_path_ends_where_the_features_begin(path: object, categories: tuple[str, ...]) -> None:
    assert product(a_product_line(category=path)).categories == categories
