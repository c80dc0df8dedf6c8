from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shop.forms.admin import CustomerChangeForm, CustomerCreationForm
from shop.models import Customer


@admin.register(Customer)
class CustomerAdmin(UserAdmin[Customer]):
    form = CustomerChangeForm
    add_form = CustomerCreationForm
    list_display = ("login_name", "nickname", "is_staff", "is_locked", "is_deleted", "joined_at")
    list_filter = ("is_locked", "is_deleted", "is_staff", "joined_at")
    search_fields = ("login_name", "nickname")
    ordering = ("-joined_at",)
    readonly_fields = ("joined_at", "last_login")
    fieldsets = (
        (None, {"fields": ("login_name", "password")}),
        (_("Profile"), {"fields": ("nickname", "signature", "avatar")}),
        (_("State"), {"fields": ("is_locked", "is_deleted", "joined_at", "last_login")}),
        (_("Rights"), {"fields": ("is_staff", "is_superuser", "groups", "user_permissions")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("login_name", "usable_password", "password1", "password2")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # an account is closed, which keeps its reviews
