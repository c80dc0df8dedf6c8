from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.models.orders import Order, PaymentType


class PaymentOutcome(models.TextChoices):
    ACCEPTED = "accepted", _("paid the order")
    SURPLUS = "surplus", _("late or second: refunded")
    FAILED = "failed", _("failed")
    MISMATCHED = "mismatched", _("another amount or currency than was due")


class Payment(models.Model):
    """A line of the payment ledger: one verified word of a provider about one order."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", verbose_name=_("order"))
    provider = models.PositiveSmallIntegerField(_("provider"), choices=PaymentType)
    callback_id = models.CharField(_("provider's id"), max_length=64)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    outcome = models.CharField(_("outcome"), max_length=16, choices=PaymentOutcome)
    created_at = models.DateTimeField(_("received at"), auto_now_add=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("provider", "callback_id"), name="payment_once_per_callback"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_amount_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.order}: {self.amount} {self.currency}"


class RefundStatus(models.TextChoices):
    REQUESTED = "requested", _("requested")
    REJECTED = "rejected", _("rejected")
    APPROVED = "approved", _("approved, to be paid out")
    PAID_OUT = "paid-out", _("paid out")


class Refund(models.Model):
    """Money on its way back. From its approval on it counts in the order's `refunded_total`."""

    number = models.CharField(_("number"), max_length=24, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds", verbose_name=_("order"))
    # Set while a request is open: a customer has one open request per order.
    open_for = models.OneToOneField(
        Order, models.PROTECT, null=True, blank=True, editable=False, related_name="open_refund",
        verbose_name=_("open request of"),
    )  # fmt: skip
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="refunds", verbose_name=_("payment")
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    reason = models.CharField(
        _("reason"), max_length=200, blank=True, help_text=_("Empty where the order or the payment says it.")
    )
    status = models.CharField(_("status"), max_length=16, choices=RefundStatus)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("decided by"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    paid_out_at = models.DateTimeField(_("paid out at"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),)

    def __str__(self) -> str:
        return f"{self.order}: {self.amount}"


class SandboxTrade(models.Model):
    """The payment sandbox's own book, as a provider keeps one: what was paid there, and paid back."""

    order_number = models.CharField(_("order number"), max_length=24, db_index=True)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    is_paid = models.BooleanField(_("paid"))
    refunded = models.JSONField(_("refunds by number"), default=dict)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("trade in the payment sandbox")
        verbose_name_plural = _("trades in the payment sandbox")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.order_number}: {self.amount} {self.currency}"
