from collections.abc import Mapping
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


class SwappingRequest(HttpRequest):
    """What HtmxMiddleware makes of each request."""

    htmx: HtmxDetails


def is_swap(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page, rather than a browser for all of it."""
    asked = cast("SwappingRequest", request).htmx
    return bool(asked) and not asked.history_restore_request


def page_or_part(request: HttpRequest, page: str, part: str, context: Mapping[str, Any]) -> HttpResponse:
    """The same address answers with either, so that no cache may give one for the other."""
    answer = render(request, part if is_swap(request) else page, dict(context))
    patch_vary_headers(answer, ["HX-Request"])
    return answer
