"""A middleware for both sites: each answer says how many SQL statements it took.

Imports Django alone, since django-oscar's environment knows nothing of ours.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.db import connections
from django.http import HttpRequest, HttpResponse

HEADER = "X-Queries"  # `default=8 recommender=6`


class CountQueries:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        counts: Counter[str] = Counter()

        def count(execute: Callable[..., Any], *arguments: Any) -> Any:
            counts[arguments[-1]["connection"].alias] += 1
            return execute(*arguments)

        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(count))
            answer = self.get_response(request)
        answer.headers[HEADER] = " ".join(f"{alias}={number}" for alias, number in sorted(counts.items()))
        return answer
