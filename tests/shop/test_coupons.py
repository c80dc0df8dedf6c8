"""Coupons: having them, what they take off, and that each is used once and comes back once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from shop.exceptions import BelowMinimumSpend, CouponExhausted, CouponUnusable
from shop.models import Coupon, Customer, CustomerCoupon, Order, Product
from shop.services.cart import add_to_cart
from shop.services.checkout import place_order
from shop.services.coupons import claim_coupon, grant_coupon, redeem_code
from shop.services.orders import cancel_order
from tests.shop.builders import a_checkout, a_coupon, a_customer, a_held_coupon, a_product, a_shelf, an_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

YESTERDAY = timezone.now() - timedelta(days=1)


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


@pytest.mark.parametrize(
    ("fields", "discount", "delivery"),
    [
        ({"value": Decimal("3.00")}, "3.00", "5.00"),
        ({"value": Decimal("500.00")}, "40.00", "5.00"),
        ({"kind": "percent", "value": Decimal("12.50")}, "5.00", "5.00"),
        ({"kind": "percent", "value": Decimal("0.02")}, "0.01", "5.00"),
        ({"kind": "delivery", "value": Decimal(0)}, "0.00", "0.00"),
        ({"minimum_spend": Decimal("40.00")}, "3.00", "5.00"),
    ],
)
def test_a_coupon_takes_off_what_it_says(
    alice: Customer, fields: dict[str, object], discount: str, delivery: str
) -> None:
    order = an_order(alice, a_product(), quantity=4, coupon=a_held_coupon(alice, **fields))
    assert (order.discount_total, order.delivery_fee) == (Decimal(discount), Decimal(delivery))
    assert order.total == order.goods_total - order.discount_total + order.delivery_fee


def test_a_scope_counts_only_what_stands_in_it(alice: Customer) -> None:
    shelf = a_shelf()
    tea, bread = a_product(category=shelf), a_product()
    assert shelf.parent
    for scope in (
        {"category": shelf},
        {"category": shelf.parent},
        {"category": shelf.parent.parent},
        {"product": tea},
    ):
        coupon = a_held_coupon(alice, kind="percent", value=Decimal(50), **scope)
        assert an_order(alice, tea, bread, coupon=coupon).discount_total == Decimal("5.00")


def place_with(alice: Customer, coupon: CustomerCoupon, product: Product | None = None) -> Order:
    product = product or a_product()
    add_to_cart(customer=alice, product_id=product.pk, quantity=1)
    return place_order(customer=alice, checkout=a_checkout(alice, "12.00", coupon_id=coupon.pk))


@pytest.mark.parametrize(
    "changed",
    [{"valid_until": YESTERDAY}, {"is_active": False}, {"valid_from": timezone.now() + timedelta(1)}],
)
def test_a_coupon_that_is_over_is_refused(alice: Customer, changed: dict[str, object]) -> None:
    coupon = a_held_coupon(alice)
    Coupon.objects.update(**changed)
    with pytest.raises(CouponUnusable):
        place_with(alice, coupon)
    assert Order.objects.count() == 0


def test_another_customer_s_coupon_is_refused(alice: Customer) -> None:
    theirs = a_held_coupon(a_customer("bob"))
    with pytest.raises(CouponUnusable):
        place_with(alice, theirs)
    assert (Order.objects.count(), CustomerCoupon.objects.get().used_on) == (0, None)


def test_a_coupon_for_other_goods_is_refused(alice: Customer) -> None:
    with pytest.raises(CouponUnusable):
        place_with(alice, a_held_coupon(alice, product=a_product()))
    assert Order.objects.count() == 0


def test_below_the_minimum_the_error_says_how_much_is_missing(alice: Customer) -> None:
    with pytest.raises(BelowMinimumSpend) as refused:
        place_with(alice, a_held_coupon(alice, minimum_spend=Decimal("30.00")))
    assert refused.value.short_by == Decimal("20.00")
    assert Order.objects.count() == 0


def test_a_coupon_is_used_once_and_comes_back_with_a_closed_order(alice: Customer) -> None:
    coupon = a_held_coupon(alice)
    order = place_with(alice, coupon)
    coupon.refresh_from_db()
    assert coupon.used_on == order
    with pytest.raises(CouponUnusable):
        place_with(alice, coupon)
    cancel_order(order=order, customer=alice)
    coupon.refresh_from_db()
    assert coupon.used_on is None


def test_no_more_can_be_had_than_there_are(alice: Customer) -> None:
    coupon = a_coupon(total_limit=1)
    claim_coupon(customer=alice, coupon_id=coupon.pk)
    with pytest.raises(CouponExhausted):
        claim_coupon(customer=a_customer("bob"), coupon_id=coupon.pk)
    coupon.refresh_from_db()
    assert (coupon.claimed_count, CustomerCoupon.objects.count()) == (1, 1)


def test_no_customer_has_more_than_the_limit(alice: Customer) -> None:
    coupon = a_coupon(limit_per_customer=2)
    for _ in range(2):
        claim_coupon(customer=alice, coupon_id=coupon.pk)
    with pytest.raises(CouponExhausted):
        claim_coupon(customer=alice, coupon_id=coupon.pk)
    coupon.refresh_from_db()
    assert (coupon.claimed_count, CustomerCoupon.objects.count()) == (2, 2)


@pytest.mark.parametrize("source", ["code", "registration", "loan"])
def test_only_what_is_there_for_the_taking_can_be_claimed(alice: Customer, source: str) -> None:
    coupon = a_coupon(source=source)
    with pytest.raises(CouponUnusable):
        claim_coupon(customer=alice, coupon_id=coupon.pk)
    grant_coupon(customer=alice, coupon=coupon)  # as the loan desk or the registration does
    assert CustomerCoupon.objects.get().coupon == coupon


def test_a_code_gives_its_coupon_and_the_same_copy_again(alice: Customer) -> None:
    a_coupon(source="code", code="TEATIME")
    assert redeem_code(customer=alice, code=" TEATIME ") == redeem_code(customer=alice, code="TEATIME")
    with pytest.raises(CouponUnusable):
        redeem_code(customer=alice, code="WRONG")


def test_a_shopper_claims_chooses_and_redeems_on_the_pages(client: Client, alice: Customer) -> None:
    client.force_login(alice)
    coupon = a_coupon()
    a_coupon(name="By code", source="code", code="TEATIME", value=Decimal("4.00"))
    assert "Three off" in client.get("/coupons/").content.decode()
    page = client.post(f"/coupons/{coupon.pk}/claim/", follow=True).content.decode()
    assert "The coupon is yours" in page
    assert "usable" in page
    assert "gone: no more of it" in client.post(f"/coupons/{coupon.pk}/claim/", follow=True).content.decode()
    client.post(f"/cart/{a_product().pk}/add/", {"quantity": 1})
    page = client.post("/cart/coupon/", {"code": "TEATIME"}, follow=True).content.decode()
    assert "<dd>−¥4.00</dd>" in page
    page = client.post("/cart/coupon/", {"code": "WRONG"}, follow=True).content.decode()
    assert "This coupon cannot be used" in page
    assert "<dd>−¥4.00</dd>" in page


def test_the_cart_says_what_is_missing_for_a_coupon(client: Client, alice: Customer) -> None:
    client.force_login(alice)
    a_held_coupon(alice, minimum_spend=Decimal("30.00"))
    a_held_coupon(alice, product=a_product())
    client.post(f"/cart/{a_product().pk}/add/", {"quantity": 1})
    page = client.get("/cart/").content.decode()
    assert "¥20.00 more and it counts" in page
    assert "not for what is in the cart" in page


@pytest.mark.parametrize("coupons", [1, 3])
def test_a_coupon_says_what_it_is_for_with_as_many_queries_for_many(
    client: Client, alice: Customer, django_assert_num_queries: DjangoAssertNumQueries, coupons: int
) -> None:
    client.force_login(alice)
    for _ in range(coupons):
        a_coupon(product=a_product("Sencha"), minimum_spend=Decimal("30.00"))
        a_held_coupon(alice, category=a_shelf("Green tea"))
    with django_assert_num_queries(5):
        page = " ".join(client.get("/coupons/").content.decode().split())
    assert page.count("¥3.00 off, for Sencha, from ¥30.00 on, until") == coupons
    assert page.count("¥3.00 off, for Green tea, until") == coupons
