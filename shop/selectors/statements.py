"""Several questions in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

Part = QuerySet[Any, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Statement:
    """The rows of several parts, which have the same columns; each keeps its own order and limit.

    Django's own `union` refuses a limited part on SQLite, and MySQL a limit inside IN.
    """

    sql: str
    values: Sequence[Any]
    first: Any  # the compiler of the first part, which knows how a column is read

    @classmethod
    def of(cls, parts: Sequence[Part]) -> "Statement":
        """Raises EmptyResultSet where no part can have a row."""
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
            raise EmptyResultSet
        return cls(" UNION ALL ".join(statements), values, compilers[0])

    def rows(self, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)
            rows = cursor.fetchall()
        converters = self.first.get_converters([expression for expression, *_ in self.first.select])
        return [tuple(row) for row in self.first.apply_converters(rows, converters)]


def in_one_statement(*parts: Part) -> list[tuple[Any, ...]]:
    try:
        statement = Statement.of(parts)
    except EmptyResultSet:
        return []
    return statement.rows(statement.values)
