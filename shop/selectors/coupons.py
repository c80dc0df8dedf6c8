"""Questions about coupons: what a customer holds, and what may still be had."""

from django.db.models import Count, F, Q, QuerySet

from shop.models import Coupon, Customer, CustomerCoupon
from shop.models.coupons import CouponSource
from shop.prepared import Prepared


def held_coupons(customer: Customer) -> "QuerySet[CustomerCoupon]":
    """All that the customer ever had, those still usable first."""
    held = CustomerCoupon.objects.filter(customer=customer)
    return held.select_related("coupon__category", "coupon__product", "used_on").order_by(
        "used_on", "coupon__valid_until", "pk"
    )


UNUSED_BY = Prepared[CustomerCoupon](
    lambda customer_id: CustomerCoupon.objects.filter(
        customer=customer_id, used_on=None, coupon__is_active=True
    ).select_related("coupon")
)


def usable_coupons(customer: Customer) -> list[CustomerCoupon]:
    return [held for held in UNUSED_BY(customer.pk) if held.coupon.is_open]


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
