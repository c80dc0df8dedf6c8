"""Several questions in one statement."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def in_one_statement(*parts: "QuerySet[Any, tuple[Any, ...]]") -> list[tuple[Any, ...]]:
    """The rows of all `parts`, which have the same columns; each keeps its own order and limit.

    Django's own `union` refuses a limited part on SQLite, and MySQL a limit inside IN.
    """
    compilers, statements, values = [], [], list[Any]()
    for part in parts:
        compiler = part.query.get_compiler(connection=connection)
        try:
            sql, params = compiler.as_sql(with_col_aliases=True)
        except EmptyResultSet:
            continue
        compilers.append(compiler)
        statements.append(f"SELECT * FROM ({sql}) AS part_{len(compilers)}")  # noqa: S608 (Django's own)
        values += params
    if not compilers:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements), values)
        rows = cursor.fetchall()
    first = compilers[0]
    converters = first.get_converters([expression for expression, *_ in first.select])
    return [tuple(row) for row in first.apply_converters(rows, converters)]
