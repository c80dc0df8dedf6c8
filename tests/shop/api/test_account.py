"""Reviews, addresses and coupons of a customer."""

from typing import Any

import pytest

from shop.models import Address, Coupon, Customer, CustomerCoupon, Review
from tests.shop.api.calls import Program
from tests.shop.builders import a_coupon, a_customer, a_held_coupon, a_product, a_shipped_order, an_address

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

LINES: dict[str, Any] = {
    "receiver": "Alice Li", "phone": "13800000000", "province": "浙江省", "city": "杭州市",
    "district": "西湖区", "detail": "12 Tea Lane",
}  # fmt: skip


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice", nickname="Al")


@pytest.fixture
def program(alice: Customer) -> Program:
    return Program(alice)


def test_a_review_is_posted_once(program: Program, alice: Customer) -> None:
    tea = a_product()
    refused = program.post(f"products/{tea.pk}/reviews/", 403, stars=4, body="Floral.")
    assert refused["code"] == "not_bought"
    a_shipped_order(alice, tea)
    path = f"products/{tea.pk}/reviews/"
    posted = program.post(path, stars=4, title="Good", body="Floral.")
    assert (posted["author_name"], posted["stars"], posted["body"], posted["labels"]) == (
        "Al",
        4,
        "Floral.",
        [],
    )
    refused = program.post(path, 409, stars=1, body="Again.")
    assert (refused["code"], refused["review_id"]) == ("already_reviewed", posted["id"])
    tea.refresh_from_db()
    assert (tea.review_count, tea.stars_total) == (1, 4)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"stars": 6, "body": "x"}, "stars"),
        ({"stars": -1, "body": "x"}, "stars"),
        ({"body": "x"}, "stars"),
        ({"stars": 5, "body": "  "}, "body"),
        ({"stars": 5, "body": "x" * 5001}, "body"),
        ({"stars": 5, "body": "x\0"}, "body"),
        ({"stars": 5, "body": "x", "title": "x" * 256}, "title"),
    ],
)
def test_a_review_that_cannot_be_read_is_refused(program: Program, body: dict[str, Any], field: str) -> None:
    assert list(program.post(f"products/{a_product().pk}/reviews/", 422, **body)["fields"]) == [field]
    assert Review.objects.count() == 0


def test_a_guest_and_a_locked_customer_post_nothing(alice: Customer) -> None:
    path = f"products/{a_product().pk}/reviews/"
    assert Program().post(path, 401, stars=5, body="x")["code"] == "not_authenticated"
    Customer.objects.update(is_locked=True)
    assert Program(alice).post(path, 403, stars=5, body="x")["code"] == "buying_locked"
    assert Review.objects.count() == 0


def test_an_address_is_added_changed_and_deleted(program: Program) -> None:
    added = program.post("addresses/", **LINES)
    assert added == LINES | {"id": added["id"], "is_default": True}
    path = f"addresses/{added['id']}/"
    assert program.put(path, **LINES | {"detail": "1 Hill Road"})["detail"] == "1 Hill Road"
    assert program.get(path) == program.get("addresses/")[0]
    program.delete(path)
    assert program.get(path, 404)["code"] == "not_found"
    assert program.get("addresses/") == []


def test_one_address_is_the_default(program: Program) -> None:
    first = program.post("addresses/", **LINES)
    second = program.post("addresses/", **LINES, make_default=True)
    assert [(row["id"], row["is_default"]) for row in program.get("addresses/")] == [
        (second["id"], True),
        (first["id"], False),
    ]


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"district": "浦东新区"}, "district", "Choose a district of this city."),
        ({"phone": "ring me"}, "phone", "Enter a phone number: digits, spaces, a +."),
        ({"receiver": ""}, "receiver", "This field may not be blank."),
        ({"detail": "x\0"}, "detail", "Null characters are not allowed."),
    ],
)
def test_an_address_that_is_none_is_refused(
    program: Program, changed: dict[str, str], field: str, sentence: str
) -> None:
    assert program.post("addresses/", 422, **(LINES | changed))["fields"] == {field: [sentence]}
    assert Address.objects.count() == 0


def test_a_full_book_says_how_many_it_holds(program: Program, alice: Customer) -> None:
    Address.objects.bulk_create(Address(customer=alice, **LINES) for _ in range(20))
    refused = program.post("addresses/", 409, **LINES)
    assert (refused["code"], refused["limit"]) == ("address_book_full", 20)
    assert Address.objects.count() == 20


def test_another_s_address_is_not_there(program: Program) -> None:
    theirs = an_address(a_customer("bob"))
    path = f"addresses/{theirs.pk}/"
    assert program.get(path, 404)["code"] == "not_found"
    assert program.put(path, 404, **LINES)["code"] == "not_found"
    assert program.delete(path, 404)["code"] == "not_found"
    theirs.refresh_from_db()
    assert theirs.detail == "1 Lake Road"


def test_a_coupon_is_claimed_once_and_then_held(program: Program) -> None:
    coupon = a_coupon()
    assert [row["id"] for row in program.get("coupons/")["claimable"]] == [coupon.pk]
    held = program.post(f"coupons/{coupon.pk}/claim/")
    assert (held["coupon"]["value"], held["used_on"]) == ("3.00", None)
    assert program.get("coupons/") == {"held": [held], "claimable": []}
    assert program.post(f"coupons/{coupon.pk}/claim/", 409)["code"] == "coupon_exhausted"
    assert Coupon.objects.get().claimed_count == 1


def test_a_code_gives_its_coupon_and_gives_it_once(program: Program) -> None:
    a_coupon(source="code", code="TEA")
    held = program.post("coupons/redeem/", code="TEA")
    assert program.post("coupons/redeem/", code="TEA") == held
    assert program.post("coupons/redeem/", 409, code="COFFEE")["code"] == "coupon_unusable"
    assert program.post("coupons/redeem/", 422, code="x\0")["code"] == "invalid"
    assert CustomerCoupon.objects.count() == 1


def test_another_s_coupon_is_not_among_one_s_own(program: Program) -> None:
    a_held_coupon(a_customer("bob"))
    assert program.get("coupons/")["held"] == []


def test_what_is_not_for_the_taking_cannot_be_claimed(program: Program) -> None:
    code = a_coupon(source="code", code="TEA")
    for coupon_id in (code.pk, 999):
        assert program.post(f"coupons/{coupon_id}/claim/", 409)["code"] == "coupon_unusable"
    assert CustomerCoupon.objects.count() == 0
