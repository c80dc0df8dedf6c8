"""A lent coupon: spent in parts, which together are always its value, and taken back only whole."""

from decimal import Decimal

import pytest

from shop.exceptions import CouponUnusable
from shop.models import Coupon, Customer, CustomerCoupon
from shop.models.orders import OrderStatus, PaymentType
from shop.services.coupons import lend_coupon, revoke_coupon
from shop.services.orders import cancel_order
from shop.services.reconciliation import differences
from tests.shop.builders import a_customer, a_delivery_rule, a_product, an_order, pay_in_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


def lent(customer: Customer, value: str) -> CustomerCoupon:
    lend_coupon(customer=customer, name="Loan", name_zh="贷款", value=Decimal(value), days=30)
    return CustomerCoupon.objects.get()


def parts() -> list[tuple[Decimal | None, bool]]:
    return [(copy.value, copy.used_on_id is not None) for copy in CustomerCoupon.objects.order_by("copy")]


def test_what_an_order_leaves_over_stays(alice: Customer) -> None:
    order = an_order(alice, a_product(), quantity=4, coupon=lent(alice, "100.00"))
    assert (order.discount_total, order.total) == (Decimal("40.00"), Decimal("5.00"))
    assert parts() == [(Decimal("40.00"), True), (Decimal("60.00"), False)]
    assert list(differences()) == []


def test_the_rest_is_spent_like_the_whole(alice: Customer) -> None:
    an_order(alice, a_product(), quantity=4, coupon=lent(alice, "100.00"))
    rest = CustomerCoupon.objects.get(used_on=None)
    order = an_order(alice, a_product(), quantity=7, coupon=rest)
    assert order.discount_total == Decimal("60.00")
    assert parts() == [(Decimal("40.00"), True), (Decimal("60.00"), True)]
    assert list(differences()) == []


def test_a_cancelled_order_gives_its_part_back(alice: Customer) -> None:
    order = an_order(alice, a_product(), quantity=4, coupon=lent(alice, "100.00"))
    cancel_order(order=order, customer=alice)
    assert parts() == [(Decimal("40.00"), False), (Decimal("60.00"), False)]
    assert list(differences()) == []


def test_an_order_that_it_covers_whole_awaits_no_payment(alice: Customer) -> None:
    a_delivery_rule(fee=Decimal("0.00"))
    order = an_order(alice, a_product(), coupon=lent(alice, "100.00"))
    assert (order.status, order.total) == (OrderStatus.PAID, Decimal("0.00"))
    assert (order.payment_type, order.paid_at is not None) == (PaymentType.NONE, True)
    assert list(differences()) == []


def test_cancelling_a_covered_order_gives_the_part_back_and_no_money(alice: Customer) -> None:
    a_delivery_rule(fee=Decimal("0.00"))
    order = an_order(alice, a_product(), coupon=lent(alice, "100.00"))
    cancel_order(order=order, customer=alice)
    assert (order.refunds.count(), parts()) == (0, [(Decimal("10.00"), False), (Decimal("90.00"), False)])
    assert list(differences()) == []


def test_taken_back_it_is_worth_nothing(alice: Customer) -> None:
    held = lent(alice, "100.00")
    revoke_coupon(coupon=held.coupon, customer=alice)
    order = an_order(alice, a_product())
    assert (order.discount_total, Coupon.objects.get().is_active) == (Decimal("0.00"), False)


def test_it_is_not_taken_back_once_a_part_is_spent(alice: Customer) -> None:
    held = lent(alice, "100.00")
    pay_in_sandbox(an_order(alice, a_product(), coupon=held))
    with pytest.raises(CouponUnusable):
        revoke_coupon(coupon=held.coupon, customer=alice)
    assert Coupon.objects.get().is_active


def test_it_comes_back_whole_after_its_orders_are_cancelled(alice: Customer) -> None:
    held = lent(alice, "100.00")
    cancel_order(order=an_order(alice, a_product(), coupon=held), customer=alice)
    revoke_coupon(coupon=held.coupon, customer=alice)
    assert not Coupon.objects.get().is_active
