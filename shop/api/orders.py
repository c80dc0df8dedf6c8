"""A customer's orders."""

from decimal import Decimal
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.cart import CartSerializer
from shop.api.fields import money
from shop.api.idempotency import once
from shop.api.pages import PageQuery, page_answer, page_of
from shop.api.requests import asked_of, buyer, sent_in
from shop.models import Order
from shop.selectors.cart import cart_of
from shop.selectors.orders import orders_of, whole_orders
from shop.sentences import change_sentence
from shop.services import cart as carts
from shop.services.cart import LineChange
from shop.services.orders import cancel_order, complete_order, hide_order
from shop.services.refunds import request_refund


class OrderItemSerializer(serializers.Serializer[Any]):
    """The product as it was."""

    product_id = serializers.IntegerField()
    name = serializers.CharField(source="local_name")
    price = money()
    quantity = serializers.IntegerField()
    total = money()


class OrderSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    status = serializers.IntegerField(
        help_text="0 awaiting payment, 1 paid, 2 packed, 3 shipped, 4 completed; closed by the customer -1, "
        "by timeout -2, by the shop -3."
    )
    status_name = serializers.CharField(source="get_status_display")
    payment_status = serializers.IntegerField(help_text="0 unpaid, 1 paid, 2 partly refunded, 3 refunded.")
    goods_total = money()
    discount_total = money()
    delivery_fee = money()
    total = money()
    note = serializers.CharField()
    created_at = serializers.DateTimeField()
    pay_until = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    can_be_cancelled = serializers.BooleanField()
    can_be_received = serializers.BooleanField()
    can_be_returned = serializers.BooleanField()
    items = OrderItemSerializer(source="items.all", many=True)


class OrderAddressSerializer(serializers.Serializer[Any]):
    receiver = serializers.CharField()
    phone = serializers.CharField()
    province = serializers.CharField()
    city = serializers.CharField()
    district = serializers.CharField()
    detail = serializers.CharField()


class OrderEventSerializer(serializers.Serializer[Any]):
    status = serializers.IntegerField()
    status_name = serializers.CharField(source="get_status_display")
    at = serializers.DateTimeField()


class ShipmentEventSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="`handed-over`, `on-the-way` or `delivered`.")
    text = serializers.CharField(help_text="In the carrier's words.")
    at = serializers.DateTimeField()


class ShipmentSerializer(serializers.Serializer[Any]):
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    shipped_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    events = ShipmentEventSerializer(source="events.all", many=True)


class RefundSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    amount = money()
    reason = serializers.CharField()
    status = serializers.CharField(help_text="`requested`, `rejected`, `approved` or `paid-out`.")
    created_at = serializers.DateTimeField()


class WholeOrderSerializer(OrderSerializer):
    address = OrderAddressSerializer()
    events = OrderEventSerializer(source="events.all", many=True, help_text="Moves since it was placed.")
    shipment = ShipmentSerializer(allow_null=True)
    refunds = RefundSerializer(source="refunds.all", many=True)
    refundable = money()
    pay_page = serializers.SerializerMethodField(help_text="Where a person pays.")

    def get_pay_page(self, order: Order) -> str:
        request: Request = self.context["request"]
        return request.build_absolute_uri(reverse("shop:pay", args=(order.number,)))


class LineChangeSerializer(serializers.Serializer[Any]):
    product_id = serializers.IntegerField(source="product.pk")
    wanted = serializers.IntegerField()
    kept = serializers.IntegerField(help_text="So many of them are in the cart now.")
    detail = serializers.SerializerMethodField(help_text="For people, in the language asked for.")

    def get_detail(self, change: LineChange) -> str:
        return change_sentence(change)


class ReorderSerializer(serializers.Serializer[Any]):
    cart = CartSerializer()
    changes = LineChangeSerializer(many=True, help_text="Products of which fewer could be had.")


class ReturnBody(serializers.Serializer[Any]):
    amount = money(min_value=Decimal("0.01"))
    reason = serializers.CharField(max_length=200)


class Orders(APIView):
    @extend_schema(operation_id="orders", parameters=[PageQuery], responses=page_of(OrderSerializer))
    def get(self, request: Request) -> Response:
        """Newest first."""
        return page_answer(request, orders_of(buyer(request)), asked_of(request, PageQuery), OrderSerializer)


class OneOrder(APIView):
    @extend_schema(operation_id="order", responses=WholeOrderSerializer)
    def get(self, request: Request, number: str) -> Response:
        """With all that happened to it."""
        return order_answer(request, number)


class Cancellation(APIView):
    @extend_schema(operation_id="order_cancel", request=None, responses=WholeOrderSerializer)
    @once
    def post(self, request: Request, number: str) -> Response:
        """Before it is packed. What was paid goes back."""
        cancel_order(order=own_order(request, number), customer=buyer(request))
        return order_answer(request, number)


class Receipt(APIView):
    @extend_schema(operation_id="order_receive", request=None, responses=WholeOrderSerializer)
    @once
    def post(self, request: Request, number: str) -> Response:
        """Confirm that what was shipped has arrived."""
        complete_order(order=own_order(request, number), actor=buyer(request))
        return order_answer(request, number)


class Reordering(APIView):
    @extend_schema(operation_id="order_reorder", request=None, responses=ReorderSerializer)
    @once
    def post(self, request: Request, number: str) -> Response:
        """Put what it held into the cart again, as far as it can be had."""
        changes = carts.reorder(customer=buyer(request), order=own_order(request, number))
        shown = ReorderSerializer(
            {"cart": cart_of(buyer(request)), "changes": changes}, context={"request": request}
        )
        return Response(shown.data)


class Hiding(APIView):
    @extend_schema(operation_id="order_hide", request=None, responses={204: None})
    @once
    def post(self, request: Request, number: str) -> Response:
        """Take a finished order out of the list, for good."""
        hide_order(order=own_order(request, number))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Returns(APIView):
    @extend_schema(operation_id="order_return", request=ReturnBody, responses={201: WholeOrderSerializer})
    @once
    def post(self, request: Request, number: str) -> Response:
        """Ask for money back for what has been shipped; the shop decides."""
        request_refund(order=own_order(request, number), **sent_in(request, ReturnBody))
        return order_answer(request, number, status.HTTP_201_CREATED)


def own_order(request: Request, number: str) -> Order:
    return get_object_or_404(whole_orders(buyer(request)), number=number)


def order_answer(request: Request, number: str, code: int = status.HTTP_200_OK) -> Response:
    shown = WholeOrderSerializer(own_order(request, number), context={"request": request})
    return Response(shown.data, status=code)
