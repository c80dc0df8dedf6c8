"""The address book."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.idempotency import once
from shop.api.orders import OrderAddressSerializer
from shop.api.requests import buyer, refuse_invalid, sent_in
from shop.forms.account import AddressForm
from shop.models import Address
from shop.selectors.customers import address_book
from shop.services import addresses as services


class AddressSerializer(OrderAddressSerializer):
    id = serializers.IntegerField()
    is_default = serializers.BooleanField()


class AddressBody(serializers.Serializer[Any]):
    """Province, city and district by the names that /account/regions.json lists."""

    receiver = serializers.CharField(max_length=64)
    phone = serializers.CharField(max_length=20)
    province = serializers.CharField(max_length=40)
    city = serializers.CharField(max_length=40)
    district = serializers.CharField(max_length=40)
    detail = serializers.CharField(max_length=200)
    make_default = serializers.BooleanField(default=False)


class Addresses(APIView):
    @extend_schema(operation_id="addresses", responses=AddressSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The default first, then the one changed last."""
        return Response(AddressSerializer(address_book(buyer(request)), many=True).data)

    @extend_schema(operation_id="address_add", request=AddressBody, responses={201: AddressSerializer})
    @once
    def post(self, request: Request) -> Response:
        form = sent_address(request)
        added = services.add_address(
            customer=buyer(request), lines=form.lines(), make_default=form.cleaned_data["make_default"]
        )
        return address_answer(request, added.pk, status.HTTP_201_CREATED)


class OneAddress(APIView):
    @extend_schema(operation_id="address", responses=AddressSerializer)
    def get(self, request: Request, address_id: int) -> Response:
        return address_answer(request, address_id)

    @extend_schema(operation_id="address_change", request=AddressBody, responses=AddressSerializer)
    @once
    def put(self, request: Request, address_id: int) -> Response:
        address, form = own_address(request, address_id), sent_address(request)
        services.change_address(
            address=address, lines=form.lines(), make_default=form.cleaned_data["make_default"]
        )
        return address_answer(request, address_id)

    @extend_schema(operation_id="address_delete", responses={204: None})
    @once
    def delete(self, request: Request, address_id: int) -> Response:
        services.delete_address(address=own_address(request, address_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def own_address(request: Request, address_id: int) -> Address:
    return get_object_or_404(address_book(buyer(request)), pk=address_id)


def sent_address(request: Request) -> AddressForm:
    """The form of the address page, which knows the regions, filled with what was sent."""
    form = AddressForm(sent_in(request, AddressBody))
    refuse_invalid(form)
    return form


def address_answer(request: Request, address_id: int, code: int = status.HTTP_200_OK) -> Response:
    return Response(AddressSerializer(own_address(request, address_id)).data, status=code)
