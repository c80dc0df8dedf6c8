from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shop.admin.catalogue import EditedInRows
from shop.admin.looking import OnlyLookedAt
from shop.forms.admin import NAMED_HALVES, CouponForm
from shop.models import Coupon, CustomerCoupon, DeliveryRule


@admin.register(Coupon)
class CouponAdmin(admin.ModelAdmin[Coupon]):
    form = CouponForm
    list_display = ("name", "source", "kind", "value", "minimum_spend", "had", "valid_until", "is_active")
    list_filter = ("is_active", "source", "kind")
    search_fields = ("name", "name_zh", "code")
    autocomplete_fields = ("category", "product")
    readonly_fields = ("claimed_count",)
    formfield_overrides = NAMED_HALVES

    @admin.display(description=_("had so far"), ordering="claimed_count")
    def had(self, coupon: Coupon) -> str:
        return f"{coupon.claimed_count} / {'∞' if coupon.total_limit is None else coupon.total_limit}"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it is made inactive: customers hold copies


@admin.register(CustomerCoupon)
class CustomerCouponAdmin(OnlyLookedAt, admin.ModelAdmin[CustomerCoupon]):
    list_display = ("coupon", "customer", "copy", "value", "used_on", "created_at")
    list_select_related = ("coupon", "customer", "used_on")
    search_fields = ("coupon__name", "customer__login_name", "used_on__number")
    show_full_result_count = False


@admin.register(DeliveryRule)
class DeliveryRuleAdmin(EditedInRows):
    list_display = ("name", "rank", "fee", "free_from", "days", "is_active")
    list_editable = ("rank", "fee", "free_from", "days", "is_active")
