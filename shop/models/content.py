"""What staff put on the home page, each thing within a window of time."""

from datetime import datetime
from typing import ClassVar, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.models.catalogue import ChangedBy, Product, in_language
from shop.models.rich_text import RichTextField

ModelT = TypeVar("ModelT", bound=models.Model)


class WindowState(models.TextChoices):
    DRAFT = "draft", _("draft")
    UPCOMING = "upcoming", _("upcoming")
    CURRENT = "current", _("current")
    OVER = "over", _("over")


class WindowedQuerySet(models.QuerySet[ModelT], Generic[ModelT]):
    def current(self) -> "WindowedQuerySet[ModelT]":
        """Published, begun and not over."""
        now = timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), is_published=True, starts_at__lte=now)


class Windowed(ChangedBy):
    """Shown from one time on, and until another where there is one."""

    is_published = models.BooleanField(_("published"), default=False)
    starts_at = models.DateTimeField(_("shown from"), default=timezone.now)
    ends_at = models.DateTimeField(
        _("shown until"), null=True, blank=True, help_text=_("Empty: until it is taken down.")
    )

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="%(class)s_ends_after_start"
            ),
        )

    def clean(self) -> None:
        if self.ends_at and self.starts_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("It ends before it starts.")})

    def window_state(self, now: datetime) -> WindowState:
        if not self.is_published:
            return WindowState.DRAFT
        if self.starts_at > now:
            return WindowState.UPCOMING
        return WindowState.OVER if self.ends_at and self.ends_at <= now else WindowState.CURRENT


class Announcement(Windowed):
    title = models.CharField(_("title"), max_length=120)
    title_zh = models.CharField(_("title in Chinese"), max_length=120, blank=True)
    body = RichTextField(_("text"), blank=True)
    body_zh = RichTextField(_("text in Chinese"), blank=True)

    objects = WindowedQuerySet["Announcement"].as_manager()

    class Meta(Windowed.Meta):
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ("-starts_at", "-id")

    def __str__(self) -> str:
        return self.local_title

    def get_absolute_url(self) -> str:
        return reverse("shop:announcement", args=(self.pk,))

    @property
    def local_title(self) -> str:
        return in_language(self.title, self.title_zh)

    @property
    def local_body(self) -> str:
        return in_language(self.body, self.body_zh)


def validate_link(link: str) -> None:
    """Within the shop (`/category/3/`), or with https."""
    within = link.startswith("/") and not link.startswith("//") and not set("\\\t\r\n") & set(link)
    if not within:
        URLValidator(schemes=["https"], message=_("Write a path within the shop (/…) or an https address."))(
            link
        )


class CarouselSlide(Windowed):
    title = models.CharField(_("title"), max_length=120, help_text=_("Shown on the picture."))
    title_zh = models.CharField(_("title in Chinese"), max_length=120, blank=True)
    picture = models.ImageField(_("picture"), upload_to="carousel/", help_text=_("Wide: 1600 × 600 is best."))
    link = models.CharField(_("link"), max_length=255, validators=[validate_link])
    rank = models.PositiveIntegerField(_("rank"), default=0, help_text=_("Lower stands first."))

    objects = WindowedQuerySet["CarouselSlide"].as_manager()

    class Meta(Windowed.Meta):
        verbose_name = _("carousel slide")
        verbose_name_plural = _("carousel")
        ordering = ("rank", "id")

    def __str__(self) -> str:
        return in_language(self.title, self.title_zh)


class SlotKind(models.TextChoices):
    HOT = "hot", _("Hot")
    NEW = "new", _("New")
    RECOMMENDED = "recommended", _("Recommended")


class HomeSlot(Windowed):
    """A product's place on a shelf of the home page."""

    kind = models.CharField(_("shelf"), max_length=16, choices=SlotKind)
    product = models.ForeignKey(Product, models.CASCADE, related_name="home_slots", verbose_name=_("product"))
    rank = models.PositiveIntegerField(_("rank"), default=0, help_text=_("Lower stands first."))

    objects = WindowedQuerySet["HomeSlot"].as_manager()

    class Meta(Windowed.Meta):
        verbose_name = _("home slot")
        verbose_name_plural = _("home slots")
        ordering = ("kind", "rank", "id")
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            *Windowed.Meta.constraints,
            models.UniqueConstraint(fields=("kind", "product"), name="homeslot_product_once_a_shelf"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.product_id}"
