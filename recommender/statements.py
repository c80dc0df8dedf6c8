"""Statements of our own for the recommender's database, past Django's ORM."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connections
from psycopg import Cursor


class PlannedOnce(Cursor[Any]):
    """Its statements are planned once in a connection, and their rows come as PostgreSQL has them."""

    def execute(self, query: Any, params: Any = None, **_options: Any) -> "PlannedOnce":
        return super().execute(query, params, prepare=True, binary=True)


def rows_of(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Of a statement that is asked often, and takes a good part of its time to be planned.

    PostgreSQL plans it for any values, so that how many rows it wants must be written out in it.
    """
    connection = connections["recommender"]
    connection.ensure_connection()
    wrapped = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrapped(PlannedOnce(connection.connection)) as cursor:  # type: ignore[arg-type]
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def array(numbers: Iterable[int]) -> str:
    """As text, which is of no type yet: psycopg makes small numbers a type of their own, and another plan."""
    return f"{{{','.join(map(str, numbers))}}}"
