"""A customer's cart. A guest's is in the session, which programs have none of."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.catalogue import CardSerializer
from shop.api.fields import money, row_id
from shop.api.idempotency import once
from shop.api.requests import buyer, sent_in
from shop.forms.cart import MOST_AT_ONCE
from shop.selectors.cart import CartLine, cart_of
from shop.services import cart as services


class CartLineSerializer(serializers.Serializer[Any]):
    product = CardSerializer()
    quantity = serializers.IntegerField()
    price = money()
    price_seen = money(help_text="The price when it was put in.")
    total = money()
    most = serializers.IntegerField(help_text="How many can be had now.")
    problem = serializers.SerializerMethodField(
        help_text="`not-sold`, `sold-out`, `too-few` or `over-limit`: the line cannot be ordered as it is."
    )

    def get_problem(self, line: CartLine) -> str | None:
        return line.problem.value if line.problem else None


class CartSerializer(serializers.Serializer[Any]):
    lines = CartLineSerializer(many=True)
    pieces = serializers.IntegerField()
    has_problems = serializers.BooleanField()


class QuantityBody(serializers.Serializer[Any]):
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_AT_ONCE)


class CartItemBody(QuantityBody):
    product_id = row_id()


class Cart(APIView):
    @extend_schema(operation_id="cart", responses=CartSerializer)
    def get(self, request: Request) -> Response:
        """What is in it, what of that can be had now, what changed since it was put in."""
        return cart_answer(request)


class CartItems(APIView):
    @extend_schema(operation_id="cart_add", request=CartItemBody, responses={201: CartSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Put some more of a product in."""
        services.add_to_cart(customer=buyer(request), **sent_in(request, CartItemBody))
        return cart_answer(request, status.HTTP_201_CREATED)


class CartItem(APIView):
    @extend_schema(operation_id="cart_set_quantity", request=QuantityBody, responses=CartSerializer)
    @once
    def put(self, request: Request, product_id: int) -> Response:
        """Have exactly so many of a product in the cart."""
        sent = sent_in(request, QuantityBody)
        services.set_quantity(customer=buyer(request), product_id=product_id, quantity=sent["quantity"])
        return cart_answer(request)

    @extend_schema(operation_id="cart_remove", responses={204: None})
    @once
    def delete(self, request: Request, product_id: int) -> Response:
        """Take a product out, however many of it there are."""
        services.remove_from_cart(customer=buyer(request), product_id=product_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def cart_answer(request: Request, code: int = status.HTTP_200_OK) -> Response:
    shown = CartSerializer(cart_of(buyer(request)), context={"request": request})
    return Response(shown.data, status=code)
