"""Handing out coupons, spending them on orders, and giving them back."""

from datetime import timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from shop.exceptions import CouponExhausted, CouponUnusable
from shop.models import Coupon, Customer, CustomerCoupon, Order
from shop.models.coupons import CouponKind, CouponSource


def claim_coupon(*, customer: Customer, coupon_id: int) -> CustomerCoupon:
    """Take a coupon that is there for the taking. Raises CouponUnusable or CouponExhausted."""
    coupon = Coupon.objects.open().filter(pk=coupon_id, source=CouponSource.CLAIM).first()
    if coupon is None:
        raise CouponUnusable
    return grant_coupon(customer=customer, coupon=coupon)


def redeem_code(*, customer: Customer, code: str) -> CustomerCoupon:
    """Take the coupon of a code, or find the copy that the customer holds of it already.

    Raises CouponUnusable for a code that is unknown or over, CouponExhausted where all are gone.
    """
    coupon = Coupon.objects.open().filter(code=code.strip(), source=CouponSource.CODE).first()
    if coupon is None:
        raise CouponUnusable
    held = CustomerCoupon.objects.usable().filter(customer=customer, coupon=coupon).first()
    return held or grant_coupon(customer=customer, coupon=coupon)


def grant_coupon(*, customer: Customer, coupon: Coupon) -> CustomerCoupon:
    """Give a customer a copy of a coupon, however it is had. Raises CouponExhausted.

    The limit in all is the guard of one statement; the limit per customer is the unique number of a copy.
    """
    try:
        with transaction.atomic():
            left = Q(total_limit=None) | Q(total_limit__gt=F("claimed_count"))
            if not Coupon.objects.filter(left, pk=coupon.pk).update(claimed_count=F("claimed_count") + 1):
                raise CouponExhausted
            copy = CustomerCoupon.objects.filter(customer=customer, coupon=coupon).count() + 1
            if copy > coupon.limit_per_customer:
                raise CouponExhausted
            return CustomerCoupon.objects.create(customer=customer, coupon=coupon, copy=copy)
    except IntegrityError as error:
        raise CouponExhausted from error


def welcome_coupons(*, customer: Customer) -> list[CustomerCoupon]:
    """Those for new customers that are not all gone, in the transaction that opens the account."""
    coupons = Coupon.objects.open().filter(source=CouponSource.REGISTRATION).order_by("pk")
    return [copy for coupon in coupons if (copy := _granted(customer, coupon))]


def _granted(customer: Customer, coupon: Coupon) -> CustomerCoupon | None:
    try:
        return grant_coupon(customer=customer, coupon=coupon)
    except CouponExhausted:
        return None


def lend_coupon(*, customer: Customer, name: str, name_zh: str, value: Decimal, days: int) -> Coupon:
    """A coupon of the customer's own that is spent in parts, in the transaction that lends its value."""
    coupon = Coupon.objects.create(
        name=name, name_zh=name_zh, source=CouponSource.LOAN, kind=CouponKind.AMOUNT, value=value,
        total_limit=None, valid_until=timezone.now() + timedelta(days=days), claimed_count=1,
    )  # fmt: skip
    CustomerCoupon.objects.create(customer=customer, coupon=coupon, copy=1, value=value)
    return coupon


def revoke_coupon(*, coupon: Coupon, customer: Customer) -> None:
    """Take back a lent coupon of which nothing is spent, while the caller holds the customer's lock.

    Raises CouponUnusable once some of it is.
    """
    if CustomerCoupon.objects.filter(coupon=coupon, customer=customer).exclude(used_on=None).exists():
        raise CouponUnusable
    Coupon.objects.filter(pk=coupon.pk).update(is_active=False)


def spend_coupon(*, held: CustomerCoupon, order: Order, discount: Decimal) -> None:
    """Use a coupon on an order, in the transaction that places it. Raises CouponUnusable."""
    unused = CustomerCoupon.objects.filter(pk=held.pk, used_on=None)
    if held.value is None:
        is_spent = unused.update(used_on=order)
    else:
        is_spent = unused.filter(value=held.value).update(used_on=order, value=discount)
    if not is_spent:
        raise CouponUnusable
    if held.value is not None and held.value > discount:
        _keep_rest(held, held.value - discount)


def _keep_rest(held: CustomerCoupon, rest: Decimal) -> None:
    """What an order left over, while the caller holds the customer's lock."""
    copies = CustomerCoupon.objects.filter(coupon=held.coupon_id, customer=held.customer_id)
    CustomerCoupon.objects.create(
        coupon=held.coupon, customer=held.customer, copy=copies.count() + 1, value=rest
    )
    Coupon.objects.filter(pk=held.coupon_id).update(claimed_count=F("claimed_count") + 1)


def return_coupon(*, order: Order) -> None:
    """Give back the coupon of an order, in the transaction that closes it."""
    CustomerCoupon.objects.filter(used_on=order).update(used_on=None)
