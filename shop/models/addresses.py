from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Address(models.Model):
    """An entry of a customer's address book. One at most is the default: `default_of` names its owner."""

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="addresses", verbose_name=_("customer")
    )
    default_of = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False,
        related_name="default_address", verbose_name=_("default of"),
    )  # fmt: skip
    receiver = models.CharField(_("receiver"), max_length=64)
    phone = models.CharField(_("phone"), max_length=20)
    province = models.CharField(_("province"), max_length=40)
    city = models.CharField(_("city"), max_length=40)
    district = models.CharField(_("district"), max_length=40, blank=True)
    detail = models.CharField(_("street and number"), max_length=200)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ("-default_of", "-changed_at", "-id")

    def __str__(self) -> str:
        return f"{self.receiver}, {self.city}"

    @property
    def is_default(self) -> bool:
        return self.default_of_id is not None
