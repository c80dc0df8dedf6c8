"""Versions of the desk's policy: read, never changed."""

from django.contrib import admin

from loans.admin.reading import ReadOnly
from loans.models import PolicyVersion


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnly):
    list_display = ("__str__", "note", "created_by", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("note",)
