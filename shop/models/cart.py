from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.models.catalogue import Product


class CartItem(models.Model):
    """What a customer means to buy. A guest's cart stands in the session: shop.session_cart."""

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="cart_items", verbose_name=_("customer")
    )
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", verbose_name=_("product"))
    quantity = models.PositiveIntegerField(_("quantity"))
    price_seen = models.DecimalField(
        _("price seen"), max_digits=10, decimal_places=2, help_text=_("The price when it was put in.")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("cart item")
        verbose_name_plural = _("cart items")
        ordering = ("product",)
        constraints = (
            models.UniqueConstraint(fields=("customer", "product"), name="cart_item_one_per_product"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="cart_item_quantity_at_least_1"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"
