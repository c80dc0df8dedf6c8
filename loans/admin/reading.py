"""What the pages of the loan desk share: rows are read here, and written by services alone."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from shop.admin.looking import Lines as LinesLookedAt
from shop.admin.looking import OnlyLookedAt
from shop.models import Customer

SEALED = "sealed"  # what is encrypted stays off every page, even as it is


class ReadOnly(OnlyLookedAt, admin.ModelAdmin[Any]):
    list_per_page = 50
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.opts.fields if field.name != SEALED]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_readonly_fields(request, obj)

    def may_act(self, request: HttpRequest) -> bool:
        """Whether whoever asks may have a service change the rows that nobody edits."""
        return request.user.has_perm(f"loans.change_{self.opts.model_name}")

    def officer(self, request: HttpRequest) -> Customer:
        """Raises PermissionDenied unless they may act."""
        officer: Any = request.user
        if not self.may_act(request):
            raise PermissionDenied
        assert isinstance(officer, Customer)  # noqa: S101 (the admin lets nobody else in)
        return officer


class Lines(LinesLookedAt):
    joined: tuple[str, ...] = ()  # rows that a line names

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related(*self.joined) if self.joined else rows
