"""What a program reads where the shop refuses: one shape, made of the domain errors in one place."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.defaults import server_error
from rest_framework import exceptions, serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.exceptions import (
    BelowMinimumSpend,
    BuyingLocked,
    KeyReused,
    LoginDelayed,
    NotBought,
    OverLimit,
    PaymentError,
    ShopError,
)
from shop.models import Order, Product
from shop.sentences import sentence

STATUSES: dict[type[ShopError], int] = {
    BuyingLocked: status.HTTP_403_FORBIDDEN,
    KeyReused: status.HTTP_422_UNPROCESSABLE_ENTITY,
    LoginDelayed: status.HTTP_429_TOO_MANY_REQUESTS,
    NotBought: status.HTTP_403_FORBIDDEN,
    PaymentError: status.HTTP_503_SERVICE_UNAVAILABLE,
    ShopError: status.HTTP_409_CONFLICT,
}


class ErrorSerializer(serializers.Serializer[Any]):
    """Why something was refused. The facts of the case (`available`, `now`, …) stand beside these."""

    code = serializers.CharField(help_text="For programs: `out_of_stock`, `invalid`, `not_found`, …")
    detail = serializers.CharField(help_text="For people, in the language asked for.")
    fields = serializers.DictField(  # type: ignore[assignment]  # the word that forms use
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="What is wrong with which field.",
    )


def error_answer(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """For every error that is an answer; None for one that is a defect."""
    match error:
        case ShopError():
            return _refused(error)
        case Http404() | Product.DoesNotExist():
            return _answered(exceptions.NotFound())
        case PermissionDenied():
            return _answered(exceptions.PermissionDenied())
        case exceptions.ValidationError():
            return _invalid(error)
        case exceptions.APIException():
            return _answered(error)
    return None


def failed(request: HttpRequest) -> HttpResponse:
    """What is said of a defect: in JSON to programs, on a page to people."""
    if not request.path.startswith("/api/"):
        return server_error(request)
    sentence = _("Something broke on our side. It has been written down: try again in a minute.")
    return JsonResponse({"code": "failed", "detail": sentence}, status=500)


class UnknownAddress(APIView):
    """Below /api/v1/ an address that is none is said to be so in JSON, too."""

    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise exceptions.NotFound


def _refused(error: ShopError) -> Response:
    found = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    body = {"code": code_of(error), "detail": sentence(error), **dict(_facts(error))}
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, LoginDelayed) else None
    return Response(body, status=found, headers=headers)


def code_of(error: Exception) -> str:
    """`out_of_stock`"""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def _facts(error: ShopError) -> Iterator[tuple[str, object]]:
    """The values that the error carries, as JSON has them; what is for the log is not among them."""
    if isinstance(error, PaymentError):
        return
    for name, value in vars(error).items():
        match value:
            case Product():
                yield "product_id", value.pk
            case Order():
                yield from (("number", value.number), ("status", value.status))
            case Decimal():
                yield name, f"{value:.2f}"
            case int() | str():
                yield name, value
    match error:
        case OverLimit():
            yield "limit", error.product.limit_per_order
        case BelowMinimumSpend():
            yield "short_by", f"{error.short_by:.2f}"


def _invalid(error: exceptions.ValidationError) -> Response:
    fields = {
        name: list(_sentences(said))
        for name, said in cast("dict[str, object]", error.detail).items()
    }  # fmt: skip
    body = {
        "code": "invalid",
        "detail": _("Some of what you sent cannot be taken: the fields say why."),
        "fields": fields,
    }
    return Response(body, status=status.HTTP_422_UNPROCESSABLE_ENTITY)


def _sentences(said: object) -> Iterator[str]:
    """Of a field, or of each entry of a list."""
    match said:
        case dict():
            for inner in said.values():
                yield from _sentences(inner)
        case list():
            for inner in said:
                yield from _sentences(inner)
        case _:
            yield str(said)


def _answered(error: exceptions.APIException) -> Response:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    body: dict[str, object] = {"code": error.get_codes(), "detail": str(error.detail)}
    if isinstance(error, exceptions.Throttled):
        wait = int(getattr(error, "wait", 0))
        body |= {"detail": _called_too_often(wait), "seconds": wait}
        headers["Retry-After"] = str(wait)
    return Response(body, status=error.status_code, headers=headers)


def _called_too_often(seconds: int) -> str:
    return ngettext(
        "Too many calls. Try again in %(n)d second.", "Too many calls. Try again in %(n)d seconds.", seconds
    ) % {"n": seconds}
