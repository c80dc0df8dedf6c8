"""Pages of the back room that rows are only looked at on."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class OnlyLookedAt:
    """Put before ModelAdmin: nobody adds, changes or deletes these rows by hand, superusers included."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Lines(OnlyLookedAt, admin.TabularInline[Any, Any]):
    """Rows that belong to the one above."""

    template = "admin/lines.html"
    extra = 0

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields or ()
