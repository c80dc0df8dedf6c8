"""Questions about coupons: what a customer holds, and what may still be had."""

from django.db.models import Count, F, Q, QuerySet

from shop.models import Coupon, Customer, CustomerCoupon
from shop.models.coupons import CouponSource


def held_coupons(customer: Customer) -> "QuerySet[CustomerCoupon]":
    """All that the customer ever had, those still usable first."""
    held = CustomerCoupon.objects.filter(customer=customer)
    return held.select_related("coupon__category", "coupon__product", "used_on").order_by(
        "used_on", "coupon__valid_until", "pk"
    )


def usable_coupons(customer: Customer) -> "QuerySet[CustomerCoupon]":
    return CustomerCoupon.objects.usable().filter(customer=customer).select_related("coupon")


def claimable_coupons(customer: Customer) -> "QuerySet[Coupon]":
    """Those that are there for the taking, and of which the customer has not all that one may have."""
    return (
        Coupon.objects.open()
        .filter(Q(total_limit=None) | Q(claimed_count__lt=F("total_limit")), source=CouponSource.CLAIM)
        .select_related("category", "product")
        .annotate(own=Count("held", Q(held__customer=customer)))
        .filter(own__lt=F("limit_per_customer"))
        .order_by("valid_until", "pk")
    )
