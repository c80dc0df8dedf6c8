"""One at a time: a PostgreSQL advisory lock is held by the session that works, and falls with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

CATCHING_UP, LEARNING, TEACHING, REBUILDING = range(0x1A2DE2, 0x1A2DE6)  # keys of the locks


@contextmanager
def turn(key: int) -> Iterator[bool]:
    """Whether this session may work: True for one at a time, released when it ends or its process dies."""
    with connections["recommender"].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        (is_ours,) = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            with connections["recommender"].cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
