"""Handing out coupons, spending them on orders, and giving them back."""

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from shop.exceptions import CouponExhausted, CouponUnusable
from shop.models import Coupon, Customer, CustomerCoupon, Order
from shop.models.coupons import CouponSource


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


def spend_coupon(*, held: CustomerCoupon, order: Order) -> None:
    """Use a coupon on an order, in the transaction that places it. Raises CouponUnusable."""
    if not CustomerCoupon.objects.filter(pk=held.pk, used_on=None).update(used_on=order):
        raise CouponUnusable


def return_coupon(*, order: Order) -> None:
    """Give back the coupon of an order, in the transaction that closes it."""
    CustomerCoupon.objects.filter(used_on=order).update(used_on=None)
