"""What a request asks, what it sends, and whose it is."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from shop.models import Customer


def asked_of(request: Request, query: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The query of the address. Raises ValidationError."""
    return _valid(query(data=request.query_params))


def sent_in(request: Request, body: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The body. Raises ValidationError, or ParseError where it is no JSON."""
    return _valid(body(data=request.data))


def buyer(request: Request) -> Customer:
    """Who asks, where the view lets nobody else in."""
    customer: Any = request.user
    assert isinstance(customer, Customer)  # noqa: S101 (the view's permission has looked)
    return customer


def _valid(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
