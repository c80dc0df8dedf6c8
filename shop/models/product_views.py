from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.models.catalogue import Product


class ProductView(models.Model):
    """Somebody looked at a product: a customer, or a guest whose session carries `visitor`."""

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="product_views",
        verbose_name=_("customer"),
    )  # fmt: skip
    visitor = models.CharField(_("visitor"), max_length=32, blank=True)
    product = models.ForeignKey(Product, models.CASCADE, related_name="views", verbose_name=_("product"))
    viewed_at = models.DateTimeField(_("viewed at"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("product view")
        verbose_name_plural = _("product views")
        indexes = (
            models.Index(fields=("customer", "-viewed_at", "-id"), name="view_newest_of_customer"),
            models.Index(fields=("visitor", "-viewed_at", "-id"), name="view_newest_of_visitor"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(customer=None, visitor__gt="") | Q(customer__isnull=False, visitor=""),
                name="view_by_customer_or_visitor",
            ),
        )

    def __str__(self) -> str:
        return f"{self.product_id}, {self.viewed_at:%Y-%m-%d %H:%M}"
