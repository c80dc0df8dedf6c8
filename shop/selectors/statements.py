"""Several questions in one statement."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
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
    def of(cls, parts: Sequence[Part]) -> "Statement | None":
        """None where no part can have a row."""
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
        return cls(" UNION ALL ".join(statements), values, compilers[0]) if compilers else None

    def rows(self, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)
            rows = cursor.fetchall()
        converters = self.first.get_converters([expression for expression, *_ in self.first.select])
        return [tuple(row) for row in self.first.apply_converters(rows, converters)]


def in_one_statement(*parts: Part) -> list[tuple[Any, ...]]:
    statement = Statement.of(parts)
    return statement.rows(statement.values) if statement else []


class Prepared:
    """Parts that are composed once in a process, since that takes longer than to ask them, and asked again
    and again with another value."""

    STAND_IN = -7_001_002_003_004_005  # no row has it

    def __init__(self, parts: Callable[[int], Sequence[Part]]) -> None:
        self._composed = cache(lambda vendor: Statement.of(parts(self.STAND_IN)))

    def rows(self, value: int) -> list[tuple[Any, ...]]:
        statement = self._composed(connection.vendor)
        assert statement  # noqa: S101 (of a value that nobody has)
        return statement.rows([value if one == self.STAND_IN else one for one in statement.values])
