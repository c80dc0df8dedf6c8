"""What a request asks, what it sends, and whose it is."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS as ALL_FIELDS
from django.forms import BaseForm
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.settings import api_settings

from shop.models import Customer

OF_NONE = api_settings.NON_FIELD_ERRORS_KEY


def asked_of(request: Request, query: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The query of the address. Raises ValidationError."""
    return _valid(query(data=request.query_params))


def sent_in(request: Request, body: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The body. Raises ValidationError, or ParseError where it is no JSON."""
    return _valid(body(data=request.data))


def refuse_invalid(form: BaseForm) -> None:
    """Where a page's own form reads what was sent. Raises ValidationError with its sentences."""
    if not form.is_valid():
        fields = {name.replace(ALL_FIELDS, OF_NONE): sentences for name, sentences in form.errors.items()}
        raise ValidationError({name: [str(sentence) for sentence in said] for name, said in fields.items()})


def buyer(request: Request) -> Customer:
    """Who asks, where the view lets nobody else in."""
    customer: Any = request.user
    assert isinstance(customer, Customer)  # noqa: S101 (the view's permission has looked)
    return customer


def _valid(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
