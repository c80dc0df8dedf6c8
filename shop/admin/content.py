from typing import Any, ClassVar

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from shop.admin.catalogue import EditedInRows, KeepsWho, thumbnail
from shop.forms.admin import NAMED_HALVES
from shop.forms.pictures import REENCODED
from shop.models import Announcement, CarouselSlide, HomeSlot
from shop.models.content import Windowed
from shop.services.pictures import forget_picture

HISTORY = (("created_at", "created_by"), ("changed_at", "changed_by"))
WINDOW = ("is_published", ("starts_at", "ends_at"))


class WindowedAdmin(EditedInRows, KeepsWho):
    """Content of the home page, which may be deleted: nobody follows it."""

    list_filter: ClassVar[tuple[str, ...]] = ("is_published", "starts_at", "ends_at")
    readonly_fields = ("preview", "created_at", "created_by", "changed_at", "changed_by")
    formfield_overrides = {**REENCODED, **NAMED_HALVES}
    list_per_page = 50

    @admin.display(description=_("state"))
    def state(self, row: Windowed) -> str:
        return str(row.window_state(timezone.now()).label)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(Announcement)
class AnnouncementAdmin(WindowedAdmin):
    list_display = ("local_title", "state", "is_published", "starts_at", "ends_at")
    list_display_links = ("local_title",)
    list_editable = ("is_published",)
    search_fields = ("title", "title_zh", "body", "body_zh")
    fieldsets = (
        (None, {"fields": (("title", "title_zh"), "body", "body_zh", "preview")}),
        (_("Window"), {"fields": WINDOW}),
        (_("History"), {"fields": HISTORY}),
    )

    @admin.display(description=_("title"), ordering="title")
    def local_title(self, announcement: Announcement) -> str:
        return announcement.local_title

    @admin.display(description=_("preview"))
    def preview(self, announcement: Announcement) -> str:
        """As it is stored, in both languages."""
        texts = (announcement.body, announcement.body_zh)
        return mark_safe("<hr>".join(filter(None, texts)))  # noqa: S308 (sanitised by its field)


@admin.register(CarouselSlide)
class CarouselSlideAdmin(WindowedAdmin):
    list_display = ("__str__", "preview", "link", "rank", "state", "is_published")
    list_editable = ("rank", "is_published")
    search_fields = ("title", "title_zh", "link")
    fieldsets = (
        (None, {"fields": (("title", "title_zh"), "picture", "preview", ("link", "rank"))}),
        (_("Window"), {"fields": WINDOW}),
        (_("History"), {"fields": HISTORY}),
    )

    @admin.display(description=_("preview"))
    def preview(self, slide: CarouselSlide) -> str:
        return thumbnail(slide.picture)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "picture" in form.changed_data:
            forget_picture(name=str(form.initial["picture"]))

    def delete_model(self, request: HttpRequest, obj: CarouselSlide) -> None:
        super().delete_model(request, obj)
        forget_picture(name=str(obj.picture))

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[CarouselSlide]") -> None:
        with transaction.atomic():
            names = list(queryset.values_list("picture", flat=True))
            super().delete_queryset(request, queryset)
            for name in names:
                forget_picture(name=name)


@admin.register(HomeSlot)
class HomeSlotAdmin(WindowedAdmin):
    list_display = ("product", "preview", "kind", "rank", "state", "is_published")
    list_editable = ("rank", "is_published")
    list_filter: ClassVar[tuple[str, ...]] = ("kind", *WindowedAdmin.list_filter)
    list_select_related = ("product",)
    search_fields = ("product__name", "product__name_zh", "product__brand", "product__sku")
    autocomplete_fields = ("product",)
    fieldsets = (
        (None, {"fields": (("kind", "product", "rank"), "preview")}),
        (_("Window"), {"fields": WINDOW}),
        (_("History"), {"fields": HISTORY}),
    )

    @admin.display(description=_("preview"))
    def preview(self, slot: HomeSlot) -> str:
        """Its picture, and whether it can be bought: what is off sale is not shown."""
        if not slot.product_id:
            return ""
        state = _("on sale") if slot.product.is_on_sale else _("off sale")
        return format_html("{} {}", thumbnail(slot.product.cover), state)
