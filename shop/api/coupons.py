"""Coupons: what a customer holds, and what may still be had."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.fields import money
from shop.api.idempotency import once
from shop.api.requests import buyer, sent_in
from shop.models import CustomerCoupon
from shop.selectors.coupons import claimable_coupons, held_coupons
from shop.services.coupons import claim_coupon, redeem_code


class CouponSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField(source="local_name")
    kind = serializers.CharField(help_text="`amount`, `percent` or `delivery`.")
    value = money(help_text="The amount or the percentage; 0.00 for free delivery.")
    minimum_spend = money()
    category_id = serializers.IntegerField(allow_null=True, help_text="Counts only goods of this category.")
    product_id = serializers.IntegerField(allow_null=True, help_text="Counts only this product.")
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField()


class HeldCouponSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="What `coupon` of an order names.")
    coupon = CouponSerializer()
    worth = money(help_text="What this copy takes off: less than the coupon once a part of it is spent.")
    used_on = serializers.SerializerMethodField(help_text="The number of the order that used it.")

    def get_used_on(self, held: CustomerCoupon) -> str | None:
        return held.used_on.number if held.used_on else None


class CouponsSerializer(serializers.Serializer[Any]):
    held = HeldCouponSerializer(many=True)
    claimable = CouponSerializer(many=True)


class CodeBody(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=32)


class Coupons(APIView):
    @extend_schema(operation_id="coupons", responses=CouponsSerializer)
    def get(self, request: Request) -> Response:
        """Those held, used or not, and those that are there for the taking."""
        customer = buyer(request)
        shown = {"held": held_coupons(customer), "claimable": claimable_coupons(customer)}
        return Response(CouponsSerializer(shown).data)


class Claim(APIView):
    @extend_schema(operation_id="coupon_claim", request=None, responses={201: HeldCouponSerializer})
    @once
    def post(self, request: Request, coupon_id: int) -> Response:
        """Take one."""
        return _had(claim_coupon(customer=buyer(request), coupon_id=coupon_id))


class Redemption(APIView):
    @extend_schema(operation_id="coupon_redeem", request=CodeBody, responses={201: HeldCouponSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Take the coupon of a code, or find the copy that is held of it already."""
        return _had(redeem_code(customer=buyer(request), code=sent_in(request, CodeBody)["code"]))


def _had(held: CustomerCoupon) -> Response:
    return Response(HeldCouponSerializer(held).data, status=status.HTTP_201_CREATED)
