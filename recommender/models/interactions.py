"""Who touched what."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Interaction(models.Model):
    """Somebody touched a product: a copy of a row of the shop, from which behaviour is learnt."""

    kind = models.CharField(max_length=8, help_text="As in shop.selectors.touched.TouchKind.")
    source_id = models.BigIntegerField(help_text="The row of the shop that says so.")
    shopper = models.CharField(max_length=40, help_text="c and a customer's id, or v and a guest's token.")
    product_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("interaction")
        verbose_name_plural = _("interactions")
        constraints = (models.UniqueConstraint(fields=("kind", "source_id"), name="interaction_once"),)
        indexes = (models.Index(fields=("shopper",), name="interaction_of_shopper"),)

    def __str__(self) -> str:
        return f"{self.shopper} {self.kind} {self.product_id}"
