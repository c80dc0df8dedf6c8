from typing import TypeVar

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet

ModelT = TypeVar("ModelT", bound=Model)


class CountedPaginator(Paginator[ModelT]):
    """Pages of rows whose number may be known already; None where it is still to be counted."""

    def __init__(self, rows: "QuerySet[ModelT]", per_page: int, count: int | None) -> None:
        super().__init__(rows, per_page)
        if count is not None:
            self.count = count  # in place of the cached property of this name
