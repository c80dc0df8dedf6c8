"""What a customer tells of themselves, and what the shop remembers of their looking around."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.catalogue import CardSerializer
from shop.api.idempotency import once
from shop.api.pages import PageQuery, page_answer, page_of
from shop.api.requests import asked_of, buyer, refuse_invalid, sent_in
from shop.exceptions import EmailTaken
from shop.forms.access import client_address
from shop.forms.account import ProfileForm
from shop.models import Customer, Product
from shop.selectors.history import Viewer, seen_product_ids, seen_products
from shop.sentences import sentence
from shop.services.accounts import change_profile
from shop.services.history import erase_views

PROFILE = ("nickname", "signature", "email")


class ProfileSerializer(serializers.Serializer[Any]):
    login_name = serializers.CharField()
    nickname = serializers.CharField(help_text="Shown beside reviews, in place of the login name.")
    signature = serializers.CharField()
    email = serializers.EmailField(allow_null=True)
    avatar = serializers.ImageField(allow_null=True)
    is_locked = serializers.BooleanField(help_text="May read, but not buy or review.")
    joined_at = serializers.DateTimeField()


class ProfileBody(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    nickname = serializers.CharField(max_length=64, allow_blank=True, required=False)
    signature = serializers.CharField(max_length=200, allow_blank=True, required=False)
    email = serializers.EmailField(max_length=254, allow_null=True, required=False)
    password = serializers.CharField(
        max_length=4096, trim_whitespace=False, required=False, help_text="To change the e-mail address."
    )


class Profile(APIView):
    @extend_schema(operation_id="profile", responses=ProfileSerializer)
    def get(self, request: Request) -> Response:
        return profile_answer(request)

    @extend_schema(operation_id="profile_change", request=ProfileBody, responses=ProfileSerializer)
    @once
    def patch(self, request: Request) -> Response:
        """A new e-mail address is a new way in, so it asks for the password."""
        customer, form = buyer(request), sent_profile(request)
        told = {name: form.cleaned_data[name] for name in PROFILE}
        try:
            change_profile(customer=customer, **told)
        except EmailTaken as error:
            raise ValidationError({"email": [sentence(error)]}) from error
        return profile_answer(request)


class SeenSerializer(serializers.Serializer[Any]):
    product = CardSerializer(help_text="On sale or not.")
    seen_at = serializers.DateTimeField(help_text="The last time.")


class History(APIView):
    @extend_schema(operation_id="history", parameters=[PageQuery], responses=page_of(SeenSerializer))
    def get(self, request: Request) -> Response:
        """The products whose pages the customer opened, the last first; kept for a stated time."""
        asked = asked_of(request, PageQuery)
        return page_answer(request, seen_product_ids(own(request)), asked, SeenSerializer, seen_products)

    @extend_schema(operation_id="history_erase", responses={204: None})
    @once
    def delete(self, request: Request) -> Response:
        """All of it."""
        erase_views(viewer=own(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SeenProduct(APIView):
    @extend_schema(operation_id="history_erase_product", responses={204: None})
    @once
    def delete(self, request: Request, product_id: int) -> Response:
        """What it says of one product."""
        erase_views(viewer=own(request), product_id=get_object_or_404(Product, pk=product_id).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


def own(request: Request) -> Viewer:
    return Viewer(customer_id=buyer(request).pk)


def sent_profile(request: Request) -> ProfileForm:
    """The form of the profile page, filled with what was sent and what stays."""
    sent = sent_in(request, ProfileBody)
    customer = Customer.objects.get(pk=buyer(request).pk)  # a form that is refused has changed its instance
    stays = {name: getattr(customer, name) for name in PROFILE}
    form = ProfileForm(stays | sent, instance=customer, address=client_address(request._request))
    refuse_invalid(form)
    return form


def profile_answer(request: Request) -> Response:
    shown = Customer.objects.get(pk=buyer(request).pk)
    return Response(ProfileSerializer(shown, context={"request": request}).data)
