"""`Idempotency-Key`: a write that is sent again is answered again, and not done again."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.utils.crypto import salted_hmac
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.requests import buyer
from shop.services.idempotency import answering, claim_key, store_answer

HEADER = "Idempotency-Key"
PARAMETER = OpenApiParameter(
    HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER,
    description="Made up by you. Within a day, the same request with the same key is answered as it was.",
)  # fmt: skip

Method = Callable[..., Response]


def once(method: Method) -> Method:
    """A refusal is an answer, too; what fails without one leaves the key free."""

    @wraps(method)
    def guarded(view: APIView, request: Request, **parts: Any) -> Response:
        key = request.headers.get(HEADER, "")
        if not key:
            return method(view, request, **parts)
        claim = claim_key(customer=buyer(request), key=key, request_hash=_hash_of(request))
        if claim.status is not None:
            return Response(claim.body, status=claim.status, headers={"Idempotency-Replayed": "true"})
        with answering(claim):
            answer = _answer(method, view, request, parts)
            store_answer(claim=claim, status=answer.status_code, body=answer.data)
        return answer

    return extend_schema(parameters=[PARAMETER])(guarded)


def _answer(method: Method, view: APIView, request: Request, parts: dict[str, Any]) -> Response:
    try:
        return method(view, request, **parts)
    except Exception as error:
        return view.handle_exception(error)


def _hash_of(request: Request) -> str:
    """Of what is asked for, whatever the blanks in the JSON that asks for it.

    Keyed: whoever reads the database cannot try out which income somebody sent.
    """
    asked = json.dumps([request.method, request.get_full_path(), request.data], sort_keys=True)
    return salted_hmac("shop.api.idempotency", asked, algorithm="sha256").hexdigest()
