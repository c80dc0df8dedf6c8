from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse

from recommender.impressions import is_a_shopper, noting, opened_by, record


class ImpressionLog:
    """Records what a page showed, and from where it was reached, when its answer has left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_a_shopper(request):
            return self._get_response(request)
        with noting() as impressions:
            response = self._get_response(request)
        opened = opened_by(request)
        if response.status_code == 200 and (impressions or opened):
            for impression in impressions:
                impression.customer_id = request.user.pk
            after(response, partial(record, impressions, opened))
        return response


def after(response: HttpResponse, work: Callable[[], object]) -> None:
    """Servers close a response when its last byte has been sent."""
    close = response.close

    def work_and_close() -> None:
        try:
            work()
        finally:
            close()

    response.close = work_and_close  # type: ignore[method-assign]
