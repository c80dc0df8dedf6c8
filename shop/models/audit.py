from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.exceptions import TrailKept


class AuditKind(models.TextChoices):
    PRICE = "price", _("price")
    STOCK = "stock", _("stock on hand")
    SALE = "sale", _("on and off sale")
    STATUS = "status", _("status")
    LOCK = "lock", _("lock of a customer")
    TAGS = "tags", _("tags of a product")
    LOAN = "loan", _("loan")


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **values: Any) -> NoReturn:
        raise TrailKept

    def delete(self) -> NoReturn:
        raise TrailKept


class AuditEntry(models.Model):
    """One field of one object, before and after, and who changed it. Written once, by shop.services.audit.

    No key leads to the object, since other rooms have theirs here too, and no name of it is kept: who closes
    an account leaves none behind. Values are stored as text, of choices the stored value.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=AuditKind)
    target_model = models.CharField(_("kind of object"), max_length=64, help_text=_("As in shop.product."))
    target_id = models.BigIntegerField(_("object"))
    field = models.CharField(_("field"), max_length=64)
    before = models.CharField(_("before"), max_length=255, blank=True)
    after = models.CharField(_("after"), max_length=255, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("by"),
        help_text=_("Empty: the shop itself, as when a payment came or a time was over."),
    )  # fmt: skip
    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the audit trail")
        verbose_name_plural = _("audit trail")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("target_model", "target_id", "-id"), name="audit_of_object"),
            models.Index(fields=("kind", "-id"), name="audit_of_kind"),
        )

    def __str__(self) -> str:
        return f"{self.target_model} {self.target_id}: {self.field}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The one save() of ours: all it does is to refuse a second one."""
        if not self._state.adding:
            raise TrailKept
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TrailKept
