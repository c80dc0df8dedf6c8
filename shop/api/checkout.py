"""From the cart to an order."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.coupons import HeldCouponSerializer
from shop.api.fields import money, row_id
from shop.api.idempotency import once
from shop.api.orders import WholeOrderSerializer, order_answer
from shop.api.requests import asked_of, buyer, sent_in
from shop.models import Address, Customer
from shop.selectors.cart import cart_of
from shop.selectors.checkout import CouponOffer, delivery_rule, likely_rule, summary_for
from shop.selectors.coupons import held_coupons
from shop.selectors.customers import address_book
from shop.sentences import sentence
from shop.services.checkout import Checkout, place_order


class SummaryQuery(serializers.Serializer[Any]):
    address = row_id(required=False, help_text="Where it would go; without one, the default address.")
    coupon = row_id(required=False, help_text="One that the customer holds.")


class CouponOfferSerializer(serializers.Serializer[Any]):
    held = HeldCouponSerializer()
    problem = serializers.SerializerMethodField(help_text="Why it would not count, in a sentence.")

    def get_problem(self, offer: CouponOffer) -> str | None:
        return sentence(offer.problem) if offer.problem else None


class SummarySerializer(serializers.Serializer[Any]):
    goods = money(source="price.goods")
    discount = money(source="price.discount")
    delivery = money(source="price.delivery")
    total = money(source="price.total", help_text="What `total` of an order must say.")
    until_free_delivery = money(source="price.until_free_delivery")
    coupons = CouponOfferSerializer(source="offers", many=True)


class CheckoutBody(serializers.Serializer[Any]):
    """What the shopper decided, and the total that was shown when they did."""

    token = serializers.UUIDField(help_text="Made up by you: the same token gives the same order.")
    address = row_id()
    total = money(min_value=0, help_text="As the summary said: nothing is ordered where it has changed.")
    coupon = row_id(required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=200, default="", allow_blank=True)


class CheckoutView(APIView):
    @extend_schema(operation_id="checkout_summary", parameters=[SummaryQuery], responses=SummarySerializer)
    def get(self, request: Request) -> Response:
        """What the cart would cost now, and which coupons would help."""
        customer, asked = buyer(request), asked_of(request, SummaryQuery)
        own = own_address(customer, asked["address"]) if "address" in asked else None
        coupon_id = own_coupon_id(customer, asked.get("coupon"))
        rule = delivery_rule(own.province) if own else likely_rule(customer)
        summary = summary_for(cart_of(customer).priced_lines, customer, rule, coupon_id)
        return Response(SummarySerializer(summary).data)

    @extend_schema(operation_id="order_place", request=CheckoutBody, responses={201: WholeOrderSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Turn the cart into an order that holds its stock and awaits payment."""
        customer, sent = buyer(request), sent_in(request, CheckoutBody)
        checkout = Checkout(
            token=sent["token"],
            address=own_address(customer, sent["address"]),
            total_shown=sent["total"],
            coupon_id=own_coupon_id(customer, sent["coupon"]),
            note=sent["note"],
        )
        placed = place_order(customer=customer, checkout=checkout)
        return order_answer(request, placed.number, status.HTTP_201_CREATED)


def own_address(customer: Customer, address_id: int) -> Address:
    return get_object_or_404(address_book(customer), pk=address_id)


def own_coupon_id(customer: Customer, coupon_id: int | None) -> int | None:
    return get_object_or_404(held_coupons(customer), pk=coupon_id).pk if coupon_id else None
