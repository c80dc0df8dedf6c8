from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from shop.models.rich_text import RichTextField
from shop.rich_text import plain_text


class ChangedBy(models.Model):
    """Who made and last changed a row, and when."""

    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True, db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("created by"),
    )  # fmt: skip
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("changed by"),
    )  # fmt: skip

    class Meta:
        abstract = True


def in_language(english: str, chinese: str) -> str:
    """The text of the active language; English where the Chinese one is missing."""
    return chinese if chinese and (get_language() or "").startswith("zh") else english


class CategoryQuerySet(models.QuerySet["Category"]):
    def open(self) -> "CategoryQuerySet":
        return self.filter(is_deleted=False)


class Category(ChangedBy):
    """A node of the three-level tree. Products hang on the third level."""

    DEEPEST = 3

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    level = models.PositiveSmallIntegerField(_("level"), default=1, editable=False)
    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("name in Chinese"), max_length=80, blank=True)
    rank = models.PositiveIntegerField(_("rank"), default=0, help_text=_("Lower stands first."))
    is_deleted = models.BooleanField(_("deleted"), default=False)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("level", "rank", "id")
        constraints = (
            models.UniqueConstraint(fields=("parent", "name"), name="category_name_unique_among_siblings"),
            models.CheckConstraint(condition=Q(level__range=(1, 3)), name="category_level_1_to_3"),
        )

    def __str__(self) -> str:
        return self.local_name

    def get_absolute_url(self) -> str:
        return reverse("shop:category", args=(self.pk,))

    def clean(self) -> None:
        level = self.parent.level + 1 if self.parent else 1
        if level > self.DEEPEST:
            raise ValidationError(
                {"parent": _("The tree has three levels: choose a parent of level 1 or 2.")}
            )
        if self.pk and level != self.level and (self.children.exists() or self.products.exists()):
            raise ValidationError({"parent": _("A category that holds others or products keeps its level.")})
        same_name = Category.objects.filter(parent=self.parent, name=self.name).exclude(pk=self.pk)
        if same_name.exists():
            raise ValidationError({"name": _("A sibling has this name already.")})
        self.level = level

    @property
    def local_name(self) -> str:
        return in_language(self.name, self.name_zh)


class Unit(models.TextChoices):
    GRAM = "g", _("g")
    KILOGRAM = "kg", _("kg")
    MILLILITRE = "ml", _("ml")
    LITRE = "l", _("l")
    PIECE = "piece", _("piece")


class ProductQuerySet(models.QuerySet["Product"]):
    def on_sale(self) -> "ProductQuerySet":
        return self.filter(is_on_sale=True, category__is_deleted=False)

    def without_texts(self) -> "ProductQuerySet":
        """Without what a product's own page alone shows: it is long."""
        return self.defer("detail", "detail_zh", "rich_detail", "rich_detail_zh")

    def available(self) -> "ProductQuerySet":
        return self.on_sale().filter(on_hand__gt=F("allocated"))


class Product(ChangedBy):
    name = models.CharField(_("name"), max_length=255)
    name_zh = models.CharField(_("name in Chinese"), max_length=255, blank=True)
    brief = models.CharField(_("brief"), max_length=255, blank=True)
    brief_zh = models.CharField(_("brief in Chinese"), max_length=255, blank=True)
    detail = models.TextField(_("detail"), blank=True)
    detail_zh = models.TextField(_("detail in Chinese"), blank=True)
    rich_detail = RichTextField(
        _("rich detail"), blank=True, help_text=_("HTML, shown in place of the plain detail.")
    )
    rich_detail_zh = RichTextField(_("rich detail in Chinese"), blank=True)
    category = models.ForeignKey(
        Category, models.PROTECT, related_name="products", verbose_name=_("category")
    )
    brand = models.CharField(_("brand"), max_length=120, blank=True, db_index=True)
    cover = models.ImageField(_("cover"), upload_to="products/", blank=True)
    asin = models.CharField("ASIN", max_length=20, unique=True, null=True, blank=True)
    sku = models.CharField("SKU", max_length=64, unique=True, null=True, blank=True)

    original_price = models.DecimalField(
        _("original price"), max_digits=10, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )  # fmt: skip
    selling_price = models.DecimalField(
        _("selling price"), max_digits=10, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("Empty where it is not known: such a product is shown, but cannot be bought."),
    )  # fmt: skip
    quantity = models.DecimalField(
        _("quantity"), max_digits=10, decimal_places=2, null=True, blank=True,
        help_text=_("What one pack holds, in units."),
    )  # fmt: skip
    unit = models.CharField(_("unit"), max_length=8, choices=Unit, blank=True)

    on_hand = models.PositiveIntegerField(_("stock on hand"), default=0)
    allocated = models.PositiveIntegerField(_("allocated"), default=0, editable=False)
    is_on_sale = models.BooleanField(_("on sale"), default=True)
    limit_per_order = models.PositiveSmallIntegerField(
        _("limit per order"), default=20, validators=[MinValueValidator(1)],
        help_text=_("How many of it one order may hold."),
    )  # fmt: skip

    # Kept by shop.services.reviews with every review, so that lists need no aggregate.
    review_count = models.PositiveIntegerField(_("reviews"), default=0, editable=False)
    stars_total = models.PositiveIntegerField(_("stars in total"), default=0, editable=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("id",)
        indexes = (
            models.Index(fields=("category", "-review_count"), name="product_popular_in_category"),
            models.Index(fields=("-review_count", "-stars_total", "id"), name="product_popular"),
            models.Index(fields=("created_at", "id"), name="product_newest"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(allocated__lte=F("on_hand")), name="product_allocated_within_stock"
            ),
            models.CheckConstraint(condition=Q(limit_per_order__gte=1), name="product_limit_at_least_1"),
        )

    def __str__(self) -> str:
        return self.local_name

    def get_absolute_url(self) -> str:
        return reverse("shop:product", args=(self.pk,))

    @property
    def local_name(self) -> str:
        return in_language(self.name, self.name_zh)

    @property
    def local_brief(self) -> str:
        return in_language(self.brief, self.brief_zh)

    @property
    def local_detail(self) -> str:
        """Plain; the words of the rich detail where there is no other."""
        english = self.detail or plain_text(self.rich_detail)
        return in_language(english, self.detail_zh or plain_text(self.rich_detail_zh))

    @property
    def local_rich_detail(self) -> str:
        """Safe HTML; empty where the language in which the detail is shown has it plain."""
        if in_language("", self.detail_zh or self.rich_detail_zh):
            return self.rich_detail_zh
        return self.rich_detail

    @property
    def in_stock(self) -> int:
        return self.on_hand - self.allocated

    @property
    def is_available(self) -> bool:
        return self.is_on_sale and self.in_stock > 0

    @property
    def is_reduced(self) -> bool:
        return bool(self.original_price and self.selling_price and self.selling_price < self.original_price)

    @property
    def average_stars(self) -> float | None:
        """Mean of 1 to 5, or None without reviews."""
        return self.stars_total / self.review_count if self.review_count else None
