"""Questions before an order: what it would cost, where it can go, which coupons help."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Subquery

from shop.exceptions import CouponUnusable, NoDelivery
from shop.models import Address, Customer, CustomerCoupon, DeliveryRule
from shop.prepared import Prepared
from shop.pricing import OrderPrice, PricedLine, price_order
from shop.selectors.coupons import usable_coupons

RULES = Prepared[DeliveryRule](lambda: DeliveryRule.objects.filter(is_active=True))
RULES_FOR = Prepared[DeliveryRule](
    lambda customer_id: DeliveryRule.objects.filter(is_active=True).annotate(
        province=Subquery(Address.objects.filter(default_of=customer_id).values("province"))
    )
)  # each with the province of the customer's default address


@dataclass(frozen=True, slots=True)
class CouponOffer:
    """A coupon that the customer holds, and why it does not count, if it does not."""

    held: CustomerCoupon
    problem: CouponUnusable | None
    is_chosen: bool

    @property
    def is_counting(self) -> bool:
        return self.is_chosen and self.problem is None


@dataclass(frozen=True, slots=True)
class Summary:
    price: OrderPrice
    offers: tuple[CouponOffer, ...] = ()

    @property
    def counting(self) -> CustomerCoupon | None:
        """The chosen coupon, if it counts."""
        return next((offer.held for offer in self.offers if offer.is_counting), None)

    @property
    def chosen(self) -> CouponOffer | None:
        return next((offer for offer in self.offers if offer.is_chosen), None)


def summary_for(
    lines: Iterable[PricedLine], customer: Customer | None, rule: DeliveryRule | None, coupon_id: int | None
) -> Summary:
    """What `lines` cost with the chosen coupon; one that does not count is left out of the price."""
    lines = list(lines)
    held = usable_coupons(customer) if customer else ()
    offers = tuple(
        CouponOffer(coupon, _problem(lines, rule, coupon), coupon.pk == coupon_id) for coupon in held
    )
    counting = next((offer.held for offer in offers if offer.is_counting), None)
    return Summary(price_order(lines, rule, counting), offers)


def delivery_rule(province: str) -> DeliveryRule:
    """The rule for a province. Raises NoDelivery."""
    for rule in RULES():
        if rule.covers(province):
            return rule
    raise NoDelivery(province)


def likely_rule(customer: Customer | None) -> DeliveryRule | None:
    """The rule for the customer's default address, or for all; None where nothing is certain."""
    rules: list[Any] = RULES_FOR(customer.pk) if customer else RULES()
    return next((rule for rule in rules if rule.covers(getattr(rule, "province", None) or "")), None)


def _problem(
    lines: list[PricedLine], rule: DeliveryRule | None, held: CustomerCoupon
) -> CouponUnusable | None:
    try:
        price_order(lines, rule, held)
    except CouponUnusable as problem:
        return problem
    return None
