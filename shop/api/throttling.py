"""How often a program may call: guests by their address, customers wherever they are."""

import logging
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from shop.forms.access import client_address

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports its throttles from here

logger = logging.getLogger(__name__)


class CallRate(BaseThrottle):
    """Counts calls in windows of the rate's length, in the cache that all processes share."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        rate = settings.API_RATE_CUSTOMER if request.user.is_authenticated else settings.API_RATE_GUEST
        window, elapsed = divmod(int(time.time()), rate.seconds)
        self.seconds_left = rate.seconds - elapsed
        return _counted(f"calls:{_caller(request)}:{window}", rate.seconds) <= rate.calls

    def wait(self) -> float:
        return self.seconds_left


def _caller(request: Request) -> str:
    if request.user.is_authenticated:
        return f"customer-{request.user.pk}"
    return f"guest-{client_address(request)}"


def _counted(key: str, seconds: int) -> int:
    """How many calls it are now. A cache that does not answer counts none: the shop stays open."""
    try:
        cache.add(key, 0, timeout=2 * seconds)
        return cache.incr(key)
    except Exception as error:
        logger.warning("Calls of the API are not counted: %s", error)
        return 0
