"""Logging in for programs."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.authentication import TokenAuthentication
from shop.api.catalogue import GuestView
from shop.api.requests import refuse_invalid, sent_in
from shop.exceptions import LoginDelayed
from shop.forms.access import LoginForm
from shop.models import ApiToken
from shop.services.tokens import issue_token, revoke_token


class LoginBody(serializers.Serializer[Any]):
    login_name = serializers.CharField(max_length=64)
    password = serializers.CharField(max_length=4096, trim_whitespace=False)


class IssuedTokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(source="key", help_text="Shown this once. Send it with each request.")
    expires_at = serializers.DateTimeField(source="token.expires_at")


class Tokens(GuestView):
    authentication_classes = ()

    @extend_schema(operation_id="token_get", request=LoginBody, responses={201: IssuedTokenSerializer})
    def post(self, request: Request) -> Response:
        """Log in. Failed attempts make the next one wait, as on the shop's page."""
        sent = sent_in(request, LoginBody)
        names = {"username": sent["login_name"], "password": sent["password"]}
        form = LoginForm(request._request, names)
        if not form.is_valid() and form.wait:
            raise LoginDelayed(form.wait)
        refuse_invalid(form)
        issued = issue_token(customer=form.get_user())
        return Response(IssuedTokenSerializer(issued).data, status=status.HTTP_201_CREATED)


class CurrentToken(APIView):
    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="token_revoke", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Log out: the token that comes with the request does not count any more."""
        assert isinstance(request.auth, ApiToken)  # noqa: S101 (nobody gets in otherwise)
        revoke_token(token=request.auth)
        return Response(status=status.HTTP_204_NO_CONTENT)
