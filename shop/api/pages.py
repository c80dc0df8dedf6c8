"""Long lists, a page at a time."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.paginator import EmptyPage, Paginator
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

MOST_ON_A_PAGE = 100


class PageQuery(serializers.Serializer[Any]):
    page = serializers.IntegerField(min_value=1, max_value=100_000, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=MOST_ON_A_PAGE, default=24)


def page_of(row: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The shape of a page of `row`, for the schema."""
    return inline_serializer(
        f"{row.__name__.removesuffix('Serializer')}Page",
        {
            "count": serializers.IntegerField(help_text="On all pages."),
            "page": serializers.IntegerField(),
            "pages": serializers.IntegerField(),
            "results": row(many=True),
        },
    )


def page_answer(
    request: Request,
    rows: "QuerySet[Any]",
    asked: dict[str, Any],
    row: type[serializers.Serializer[Any]],
    shown: Callable[[list[Any]], Iterable[Any]] = list,
) -> Response:
    """The page that `asked` names, a valid PageQuery; `shown` makes of its rows what `row` writes."""
    pages = Paginator(rows, asked["page_size"])
    try:
        page = pages.page(asked["page"])
    except EmptyPage as error:
        raise NotFound(
            _("There is no such page: the last one is %(last)d.") % {"last": pages.num_pages}
        ) from error
    results = row(shown(list(page.object_list)), many=True, context={"request": request}).data
    return Response({"count": pages.count, "page": page.number, "pages": pages.num_pages, "results": results})
