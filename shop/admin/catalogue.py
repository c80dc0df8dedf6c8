from typing import Any

from django.contrib import admin, messages
from django.db.models import BigIntegerField, Case, Count, F, QuerySet, When
from django.db.models.fields.files import FieldFile
from django.db.models.functions import Coalesce
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from shop.admin.audit import Audited
from shop.admin.looking import Lines, OnlyLookedAt
from shop.admin.product_file import ByCsv
from shop.exceptions import StockAllocated
from shop.forms.admin import ProductForm, ProductRowForm, RowForm
from shop.forms.pictures import REENCODED
from shop.models import Category, Product, ProductPicture, ProductTag
from shop.models.catalogue import ChangedBy
from shop.selectors.catalogue import path_to, shown_departments
from shop.selectors.dashboard import low_stock, untagged
from shop.services.catalogue import change_product, keep_category, put_on_sale
from shop.services.pictures import forget_picture
from shop.services.stock import adjust_stock


class KeepsWho(admin.ModelAdmin[Any]):
    """Stores who changed a row, and of a changed row only what the form changed: counts that others
    keep in the meantime stay theirs. Rows are withdrawn, not deleted, since what reads the shop's
    feed would never hear of it."""

    def save_model(self, request: HttpRequest, obj: ChangedBy, form: ModelForm[Any], change: bool) -> None:
        obj.changed_by_id = request.user.pk
        if not change:
            obj.created_by_id = request.user.pk
            obj.save()
        else:
            obj.save(update_fields=[*form.changed_data, "changed_by", "changed_at"])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class EditedInRows(admin.ModelAdmin[Any]):
    """Fields of its list can be edited, and each says whose it is."""

    row_form: type[ModelForm[Any]] = RowForm

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[ModelForm[Any]]:
        return super().get_changelist_form(request, form=self.row_form, **kwargs)


@admin.register(Category)
class CategoryAdmin(EditedInRows, KeepsWho):
    list_display = ("path", "rank", "products_count", "is_deleted")
    list_editable = ("rank",)
    list_filter = ("level", "is_deleted")
    search_fields = ("name", "name_zh")
    autocomplete_fields = ("parent",)
    readonly_fields = ("level", "created_at", "created_by", "changed_at", "changed_by")
    list_per_page = 200

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Category]":
        rows: QuerySet[Category] = super().get_queryset(request).select_related("parent__parent")
        return rows.annotate(in_it=Count("products"))

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return tree_order()

    @admin.display(description=_("category"))
    def path(self, category: Category) -> str:
        return " › ".join(step.local_name for step in path_to(category))

    @admin.display(description=_("products"))
    def products_count(self, category: Category) -> int:
        return getattr(category, "in_it", 0)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        obj.changed_by_id = request.user.pk
        keep_category(obj)


def tree_order() -> tuple[Any, ...]:
    """Departments by rank, each followed by what it holds: the keys of the first, second and third level."""
    number = BigIntegerField()
    first = [Coalesce(f"parent__parent__{key}", f"parent__{key}", key) for key in ("rank", "id")]
    second = [
        Case(
            When(level=1, then=-1),
            When(level=2, then=F(key)),
            default=F(f"parent__{key}"),
            output_field=number,
        )
        for key in ("rank", "id")
    ]
    third = Case(When(level=3, then=F("rank")), default=-1, output_field=number)
    return (*first, *second, third, "id")


class TagsOfProduct(Lines):
    model = ProductTag
    fields = ("label", "polarity", "count", "share", "rank")


def thumbnail(picture: FieldFile) -> str:
    """Of a stored picture; nothing where there is none."""
    return format_html('<img src="{}" alt="" height="80">', picture.url) if picture else ""


class PicturesOfProduct(admin.TabularInline[ProductPicture, Product]):
    model = ProductPicture
    form = RowForm
    fields = ("preview", "picture", "alt", "alt_zh", "rank")
    readonly_fields = ("preview",)
    formfield_overrides = REENCODED
    extra = 1

    @admin.display(description=_("preview"))
    def preview(self, row: ProductPicture) -> str:
        return thumbnail(row.picture)


class StockFilter(admin.SimpleListFilter):
    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("low", _("low, and on sale"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Product]") -> "QuerySet[Product]":
        return queryset & low_stock() if self.value() == "low" else queryset


class TagFilter(admin.SimpleListFilter):
    title = _("tags")
    parameter_name = "tagged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("none, though reviewed"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Product]") -> "QuerySet[Product]":
        return queryset & untagged() if self.value() == "none" else queryset


class DepartmentFilter(admin.SimpleListFilter):
    title = _("department")
    parameter_name = "department"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(department.pk), department.local_name) for department in shown_departments()]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Product]") -> "QuerySet[Product]":
        chosen = self.value()
        if chosen not in dict(self.lookup_choices):
            return queryset
        return queryset.filter(category__parent__parent=int(str(chosen)))


@admin.register(Product)
class ProductAdmin(EditedInRows, ByCsv, Audited, KeepsWho):
    form = ProductForm
    row_form = ProductRowForm
    list_display = (
        "local_name",
        "category",
        "brand",
        "selling_price",
        "on_hand",
        "allocated",
        "is_on_sale",
        "review_count",
    )
    list_editable = ("selling_price", "on_hand", "is_on_sale")
    list_filter = (
        "is_on_sale",
        StockFilter,
        TagFilter,
        DepartmentFilter,
    )
    list_select_related = ("category",)
    search_fields = ("name", "name_zh", "brand", "asin", "sku")
    search_help_text = _("Name, Chinese name, brand, ASIN or SKU")
    autocomplete_fields = ("category",)
    inlines = (PicturesOfProduct, TagsOfProduct)
    actions = ("put_on_sale", "take_off_sale", "export_chosen")
    formfield_overrides = REENCODED
    show_full_result_count = False  # it is counted again for each search
    list_per_page = 25  # each with fields to edit: twice as many take twice as long
    readonly_fields = (
        "allocated", "review_count", "stars_total", "created_at", "created_by", "changed_at", "changed_by",
        "trail",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": (("name", "name_zh"), ("brief", "brief_zh"), "detail", "detail_zh", "cover")}),
        (_("Rich detail"), {"fields": ("rich_detail", "rich_detail_zh"), "classes": ("collapse",)}),
        (_("Shelf"), {"fields": ("category", "brand", ("asin", "sku"), "is_on_sale", "limit_per_order")}),
        (_("Price and stock"), {"fields": (
            ("selling_price", "original_price"), ("quantity", "unit"), ("on_hand", "allocated"),
        )}),
        (_("History"), {"fields": (
            ("review_count", "stars_total"), ("created_at", "created_by"), ("changed_at", "changed_by"),
            "trail",
        )}),
    )  # fmt: skip

    @admin.display(description=_("name"), ordering="name")
    def local_name(self, product: Product) -> str:
        """A Chinese name in one line: a narrow column would break it after every other character."""
        if product.local_name == product.name:
            return product.name
        return format_html('<span class="nowrap">{}</span>', product.local_name)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        """Stock goes into the ledger, as the difference to what the form showed: others sell meanwhile."""
        counted = obj.on_hand
        shown = form.initial.get("on_hand", 0) if change else 0
        obj.on_hand = shown
        if change:
            columns = set(form.changed_data) - {"on_hand"}
            change_product(product=obj, columns=columns, actor_id=request.user.pk)
        else:
            super().save_model(request, obj, form, change)
        try:
            adjust_stock(product_id=obj.pk, change=counted - shown, actor_id=request.user.pk)
        except StockAllocated as error:
            sentence = _("%(product)s: orders hold %(allocated)d by now, the stock stays as it is.")
            facts = {"product": error.product, "allocated": error.product.allocated}
            messages.error(request, sentence % facts)

    @admin.action(description=_("Put on sale"), permissions=["change"])
    def put_on_sale(self, request: HttpRequest, chosen: "QuerySet[Product]") -> None:
        put_all_on_sale(request, chosen, is_on_sale=True)

    @admin.action(description=_("Take off sale"), permissions=["change"])
    def take_off_sale(self, request: HttpRequest, chosen: "QuerySet[Product]") -> None:
        put_all_on_sale(request, chosen, is_on_sale=False)

    def save_formset(
        self, request: HttpRequest, form: ModelForm[Any], formset: "BaseModelFormSet[Any, Any]", change: bool
    ) -> None:
        """Pictures of the gallery that are replaced or taken out leave no file."""
        gone = replaced_pictures(formset) if formset.model is ProductPicture else []
        super().save_formset(request, form, formset, change)
        for name in gone:
            forget_picture(name=name)


def replaced_pictures(formset: "BaseModelFormSet[Any, Any]") -> list[str]:
    """The names of the files that a valid set of forms replaces or takes out."""
    return [
        str(form.initial["picture"])
        for form in formset.initial_forms
        if "picture" in form.changed_data or form in formset.deleted_forms
    ]


def put_all_on_sale(request: HttpRequest, chosen: "QuerySet[Product]", *, is_on_sale: bool) -> None:
    changed = put_on_sale(
        product_ids=list(chosen.values_list("pk", flat=True)), is_on_sale=is_on_sale, actor_id=request.user.pk
    )
    if is_on_sale:
        sentence = ngettext("%(n)d product is on sale now.", "%(n)d products are on sale now.", len(changed))
    else:
        sentence = ngettext(
            "%(n)d product is off sale now.", "%(n)d products are off sale now.", len(changed)
        )
    messages.success(request, sentence % {"n": len(changed)})


@admin.register(ProductTag)
class ProductTagAdmin(OnlyLookedAt, admin.ModelAdmin[ProductTag]):
    list_display = ("label", "product", "polarity", "count", "share", "rank")
    list_filter = ("polarity",)
    list_select_related = ("product",)
    search_fields = ("label", "product__name")
