from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DeliveryRule(models.Model):
    """What delivery to some provinces costs. The first by rank that covers an address holds."""

    name = models.CharField(_("name"), max_length=80)
    rank = models.PositiveIntegerField(_("rank"), default=0, help_text=_("Lower is looked at first."))
    regions = models.TextField(
        _("provinces"), blank=True, help_text=_("One a line; empty covers every province.")
    )
    fee = models.DecimalField(
        _("fee"), max_digits=8, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    free_from = models.DecimalField(
        _("free from"), max_digits=10, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Goods worth this much, after the discount, are delivered free."),
    )  # fmt: skip
    days = models.PositiveSmallIntegerField(_("days until it arrives"), default=2)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("delivery rule")
        verbose_name_plural = _("delivery rules")
        ordering = ("rank", "id")
        constraints = (
            models.CheckConstraint(condition=Q(fee__gte=0), name="delivery_rule_fee_not_negative"),
        )

    def __str__(self) -> str:
        return self.name

    def covers(self, province: str) -> bool:
        regions = {region.strip().casefold() for region in self.regions.splitlines() if region.strip()}
        return not regions or province.strip().casefold() in regions

    def fee_for(self, goods: Decimal) -> Decimal:
        """The fee for goods worth this much after the discount."""
        return Decimal("0.00") if self.free_from is not None and goods >= self.free_from else self.fee
