"""Questions that are composed once in a process: Django takes longer for that than a database to answer.

    OF_SHELF = Prepared(lambda category_id: Product.objects.filter(category=category_id))
    products = OF_SHELF(7)

Composed means its SQL; it is asked anew each time, and nothing of the answer is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from types import NoneType, SimpleNamespace
from typing import Any, Generic, Protocol, TypeVar

from django.db import connections, router
from django.db.models import AutoField, Model, QuerySet
from django.db.models.sql import InsertQuery
from django.utils.functional import cached_property

Value = int | str | Decimal | None
RowT = TypeVar("RowT")

MOST_VALUES = 1_000
# What a question is composed with: values that no row has.
NUMBERS = tuple(range(-7_001_002_003_004_000, -7_001_002_003_004_000 + MOST_VALUES))
TEXTS = tuple(f"stand-in {number}" for number in NUMBERS)


class Composed(Protocol[RowT]):
    @property
    def values(self) -> Sequence[Any]: ...
    def rows(self, values: Sequence[Any]) -> list[RowT]: ...


@dataclass(frozen=True, slots=True)
class ComposedQuery:
    """A queryset's SQL, and the compiler that knows how its rows are read."""

    sql: str
    values: Sequence[Any]
    compiler: Any
    alias: str
    reader: Any  # makes a queryset's rows, as ModelIterable
    converters: Any  # of what the database gives, by column

    @classmethod
    def of(cls, question: "QuerySet[Any, Any]") -> "ComposedQuery":
        compiler = question.query.get_compiler(using=question.db)
        sql, values = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select[: compiler.col_count]])
        return cls(sql, values, compiler, question.db, question._iterable_class, converters)

    def rows(self, values: Sequence[Any]) -> list[Any]:
        compiler = copy(self.compiler)
        compiler.connection = connections[self.alias]  # each thread has one of its own
        compiler.as_sql = lambda *_, **__: (self.sql, values)
        compiler.get_converters = lambda _: self.converters
        query = SimpleNamespace(get_compiler=lambda *_, **__: compiler)
        question = SimpleNamespace(db=self.alias, query=query, _known_related_objects={}, _fields=())
        return list(self.reader(question))


class Prepared(Generic[RowT]):
    """A question of some numbers and texts, as many as it is asked of; decimals to PostgreSQL alone.

    It must not depend on them otherwise than by comparing rows with them, and on which of them are None: it
    is composed with stand-ins. What a queryset prefetches is not fetched, and values come in the order in
    which they are named.
    """

    def __init__(
        self, question: Callable[..., Any], compose: Callable[[Any], Composed[RowT]] = ComposedQuery.of
    ) -> None:
        self._question, self._compose = question, compose
        self._composed: dict[tuple[type, ...], Composed[RowT]] = {}

    def __call__(self, *values: Value) -> list[RowT]:
        kinds = tuple(map(type, values))
        composed = self._composed.get(kinds)
        if composed is None:
            stand_ins = (_stand_in(kind, place) for place, kind in enumerate(kinds))
            composed = self._composed[kinds] = self._compose(self._question(*stand_ins))
        return composed.rows(filled(composed.values, values))


class PreparedInsert:
    """Stores new rows of a model, one a time, in a statement that is composed once in a process.

    What the database chooses, such as a number, is not read back; no signal is sent.
    """

    def __init__(self, model: type[Model]) -> None:
        self._model = model

    @cached_property
    def _fields(self) -> list[Any]:
        return [field for field in self._model._meta.concrete_fields if not isinstance(field, AutoField)]

    @cached_property
    def _alias(self) -> str:
        return router.db_for_write(self._model)

    @cached_property
    def _sql(self) -> str:
        query = InsertQuery(self._model)
        query.insert_values(self._fields, [self._model()], raw=True)
        [(sql, _)] = query.get_compiler(using=self._alias).as_sql()
        return str(sql)

    def __call__(self, row: Model) -> None:
        connection = connections[self._alias]
        values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in self._fields]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, values)


def filled(composed: Sequence[Any], values: Sequence[Value]) -> list[Any]:
    """The values of a statement, those of the question in the places of their stand-ins."""
    return [one if (place := _place(one)) is None else _asked(values[place], one) for one in composed]


_PLACES: Mapping[Any, int] = {
    one: place for stand_ins in (NUMBERS, TEXTS) for place, one in enumerate(stand_ins)
}


def _stand_in(kind: type, place: int) -> Value:
    if kind is NoneType:
        return None
    if issubclass(kind, str):
        return TEXTS[place]
    return Decimal(NUMBERS[place]) if issubclass(kind, Decimal) else NUMBERS[place]


def _place(one: Any) -> int | None:
    return _PLACES.get(one) if isinstance(one, int | str | Decimal) else None


def _asked(value: Value, stand_in: Value) -> Value:
    """A number that no column can hold is as good as one that no row has."""
    return stand_in if isinstance(value, int) and abs(value) >= 2**63 else value
