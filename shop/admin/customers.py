from collections.abc import Callable, Collection
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from shop.admin.audit import Audited
from shop.forms.admin import CustomerChangeForm, CustomerCreationForm
from shop.models import Customer
from shop.services.customers import lock_customers, unlock_customers

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(Customer)
class CustomerAdmin(Audited, UserAdmin[Customer]):
    form = CustomerChangeForm
    add_form = CustomerCreationForm
    list_display = ("login_name", "nickname", "email", "is_staff", "is_locked", "is_deleted", "joined_at")
    list_filter = ("is_locked", "is_deleted", "is_staff", "joined_at")
    search_fields = ("login_name", "nickname", "email")
    ordering = ("-joined_at",)
    actions = ("lock", "unlock")
    readonly_fields = ("avatar", "is_locked", "is_deleted", "joined_at", "last_login", "trail")
    fieldsets = (
        (None, {"fields": ("login_name", "password")}),
        (_("Profile"), {"fields": ("nickname", "signature", "email", "avatar")}),
        (_("State"), {"fields": ("is_locked", "is_deleted", "joined_at", "last_login", "trail")}),
        (_("Rights"), {"fields": RIGHTS}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("login_name", "usable_password", "password1", "password2")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # an account is closed, which keeps its reviews

    def has_change_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """Staff with the rights of a role look after shoppers; a superuser looks after staff."""
        is_over = request.user.is_superuser or obj is None or not (obj.is_staff or obj.is_superuser)
        return is_over and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return own if request.user.is_superuser else (*own, *RIGHTS)

    def save_model(self, request: HttpRequest, obj: Customer, form: ModelForm[Any], change: bool) -> None:
        """Of a changed row only what the form changed: a lock set in the meantime stays."""
        if not change:
            obj.save()
            return
        columns = {field.name for field in Customer._meta.concrete_fields}
        if changed := columns.intersection(form.changed_data):
            obj.save(update_fields=changed)

    @admin.action(description=_("Lock: may read, not buy; sessions end"), permissions=["change"])
    def lock(self, request: HttpRequest, chosen: "QuerySet[Customer]") -> None:
        locked = change_lock(request, chosen, lock_customers, "locked")
        sentence = ngettext("%(n)d customer is now locked.", "%(n)d customers are now locked.", locked)
        messages.success(request, sentence % {"n": locked})

    @admin.action(description=_("Unlock"), permissions=["change"])
    def unlock(self, request: HttpRequest, chosen: "QuerySet[Customer]") -> None:
        unlocked = change_lock(request, chosen, unlock_customers, "unlocked")
        sentence = ngettext("%(n)d customer is now unlocked.", "%(n)d customers are now unlocked.", unlocked)
        messages.success(request, sentence % {"n": unlocked})


def change_lock(
    request: HttpRequest,
    chosen: "QuerySet[Customer]",
    change: Callable[..., Collection[int]],
    said: str,
) -> int:
    """Changes the lock of all but whoever asks, and of staff only where a superuser does.

    Leaves a line in each one's history, and counts them.
    """
    staff_id = request.user.pk or 0
    others = chosen.exclude(pk=staff_id)
    if not request.user.is_superuser:
        others = others.filter(is_staff=False, is_superuser=False)
    changed = change(customer_ids=list(others.values_list("pk", flat=True)), actor_id=request.user.pk)
    LogEntry.objects.log_actions(staff_id, Customer.objects.filter(pk__in=changed), CHANGE, f"{said}.")
    return len(changed)
