"""The shop's back room: looking, and actions that call services."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from shop.admin import audit, catalogue, content, coupons, customers, orders, reviews
from shop.forms.access import StaffLoginForm

__all__ = ["audit", "catalogue", "content", "coupons", "customers", "orders", "reviews"]

admin.site.site_header = "Larder"
admin.site.site_title = "Larder"
admin.site.index_title = _("Back room")
admin.site.login_form = StaffLoginForm

# Read or heard in the menu of Django's admin, whose own Chinese lacks them.
_("Model name")
_("Add link")
_("Change or view list link")
