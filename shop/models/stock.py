from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.models.catalogue import Product
from shop.models.orders import Order


class MovementKind(models.TextChoices):
    OPENING = "opening", _("opening stock")
    COUNT = "count", _("delivery or count")
    ALLOCATE = "allocate", _("allocated to an order")
    RELEASE = "release", _("released by an order")
    SHIP = "ship", _("shipped")


class StockMovement(models.Model):
    """A line of the stock ledger: a product's `on_hand` and `allocated` are the sums of their changes."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="movements", verbose_name=_("product"))
    kind = models.CharField(_("kind"), max_length=16, choices=MovementKind)
    on_hand_change = models.IntegerField(_("change of stock on hand"), default=0)
    allocated_change = models.IntegerField(_("change of what is allocated"), default=0)
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="movements", verbose_name=_("order")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("by"),
    )  # fmt: skip
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("order", "product", "kind"), name="stock_movement_once_per_order_and_kind"
            ),
            models.CheckConstraint(
                condition=~Q(on_hand_change=0, allocated_change=0), name="stock_movement_changes_something"
            ),
        )

    def __str__(self) -> str:
        return f"{self.product}: {self.on_hand_change:+d}, {self.allocated_change:+d}"
