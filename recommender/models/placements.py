"""What staff decided of products."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PlacementKind(models.TextChoices):
    PIN = "pin", _("pinned: shown first")
    HIDE = "hide", _("hidden: never recommended")


class PlacementQuerySet(models.QuerySet["Placement"]):
    def current(self) -> "PlacementQuerySet":
        return self.filter(Q(until=None) | Q(until__gt=Now()))


class Placement(models.Model):
    """What staff decided of a product, whatever its score: one decision a product."""

    product_id = models.BigIntegerField(_("product"), primary_key=True)
    kind = models.CharField(
        _("decision"), max_length=4, choices=PlacementKind,
        help_text=_("A pinned product stands first of the four on the home page; a hidden one in no four."),
    )  # fmt: skip
    until = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Empty: until it is deleted.")
    )
    note = models.CharField(
        _("note"), max_length=200, blank=True, help_text=_("Why; shoppers do not see it.")
    )
    decided_by = models.BigIntegerField(_("decided by"), null=True, editable=False)
    decided_at = models.DateTimeField(_("decided at"), default=timezone.now, editable=False)

    objects = PlacementQuerySet.as_manager()
    product_name = ""  # known where somebody looked it up in the shop

    class Meta:
        verbose_name = _("pinned or hidden product")
        verbose_name_plural = _("pinned and hidden products")
        ordering = ("-decided_at", "product_id")

    def __str__(self) -> str:
        return f"{self.product_name or self.product_id}: {self.get_kind_display()}"
