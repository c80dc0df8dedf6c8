"""How long a page waits for the recommender, and what happens when it does not answer."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, cast

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connections, transaction
from psycopg.errors import QueryCanceled

from recommender.exceptions import RecommenderUnavailable
from recommender.patient_postgres.base import DatabaseWrapper, Overdue

GRACE_MS = 25  # in which the server says itself that it cancelled a statement
REST = 5.0  # seconds in which nobody asks again after it failed: a dead host costs one page its patience

_rests_until = 0.0


@contextmanager
def page_patience(milliseconds: int, *, at_one_moment: bool = False) -> Iterator[None]:
    """Queries inside end in time for a page. Raises RecommenderUnavailable where they do not.

    `at_one_moment`: they all see the database as the first one did, and write nothing. Vectors that are
    compared are then of one embedder, even while another's take their place.
    """
    connection = connections["recommender"]
    deadline = time.monotonic() + milliseconds / 1000
    beginning = f"SET LOCAL statement_timeout = {int(milliseconds)}"
    if at_one_moment and not connection.in_atomic_block:
        beginning = f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; {beginning}"
    with answering(milliseconds), transaction.atomic(using="recommender"):
        with connection.cursor() as cursor:
            cursor.execute(beginning)
        with connection.execute_wrapper(until(deadline)):
            yield


@contextmanager
def in_passing(milliseconds: int) -> Iterator[None]:
    """Each statement inside writes something that may be lost, in one trip to the database: a transaction of
    its own that ends in time and does not wait for the disk. Raises RecommenderUnavailable."""
    connection = connections["recommender"]
    settings = f"SET LOCAL statement_timeout = {int(milliseconds)}; SET LOCAL synchronous_commit = off; "

    def alone(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        return execute(sql if connection.in_atomic_block else settings + sql, *arguments)

    with answering(milliseconds), connection.execute_wrapper(alone):
        yield


@contextmanager
def answering(milliseconds: int) -> Iterator[None]:
    """Raises RecommenderUnavailable where the database does not answer in time, and for a while after it
    failed. Whoever is in a transaction already has a connection, which is theirs and stays open."""
    global _rests_until  # noqa: PLW0603 (one for the process, as the database is)
    if time.monotonic() < _rests_until:
        raise RecommenderUnavailable
    connection = cast("DatabaseWrapper", connections["recommender"])
    deadline = time.monotonic() + (milliseconds + GRACE_MS) / 1000
    try:
        with nullcontext() if connection.in_atomic_block else connection.until(deadline):
            yield
    except (DatabaseError, InterfaceError, ImproperlyConfigured) as error:
        if not is_only_slow(error.__cause__, milliseconds):
            _rests_until = time.monotonic() + REST
        raise RecommenderUnavailable from error


def is_only_slow(cause: BaseException | None, milliseconds: int) -> bool:
    """Whether the server is there: it cancelled the statement, or answered another one a moment before."""
    return isinstance(cause, QueryCanceled) or (
        isinstance(cause, Overdue) and 1000 * cause.silence < milliseconds
    )


def until(deadline: float) -> Callable[..., Any]:
    """Lets no query begin after the deadline: the timeout is of each statement, a page makes several."""

    def in_time(execute: Callable[..., Any], *arguments: Any) -> Any:
        if time.monotonic() > deadline:
            raise RecommenderUnavailable
        return execute(*arguments)

    return in_time
