from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loans.models.loans import Loan
from shop.models.orders import PaymentType
from shop.models.payments import PaymentOutcome, RefundStatus


class RepaymentKind(models.TextChoices):
    INSTALMENT = "instalment", _("what is due, or the next instalment")
    AHEAD = "ahead", _("an amount ahead of the schedule")
    PAYOFF = "payoff", _("all that is left")


class RepaymentStatus(models.TextChoices):
    STARTED = "started", _("Started")
    PAID = "paid", _("Paid")


class Repayment(models.Model):
    """An amount that a customer set out to pay. What came of it, a provider says: see RepaymentPayment."""

    number = models.CharField(_("number"), max_length=24, unique=True)
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="repayments", verbose_name=_("loan"))
    kind = models.CharField(_("kind"), max_length=16, choices=RepaymentKind)
    total = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    status = models.CharField(
        _("status"), max_length=16, choices=RepaymentStatus, default=RepaymentStatus.STARTED
    )
    pay_until = models.DateTimeField(_("to be paid until"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("repayment")
        verbose_name_plural = _("repayments")
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=Q(total__gt=0), name="repayment_total_positive"),)

    def __str__(self) -> str:
        return self.number


class RepaymentPayment(models.Model):
    """One verified word of a provider about one repayment.

    `settled` is what went to the loan; the rest of what was received goes back.
    """

    repayment = models.ForeignKey(
        Repayment, models.PROTECT, related_name="payments", verbose_name=_("repayment")
    )
    provider = models.PositiveSmallIntegerField(_("provider"), choices=PaymentType)
    callback_id = models.CharField(_("provider's id"), max_length=64)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    outcome = models.CharField(_("outcome"), max_length=16, choices=PaymentOutcome)
    settled = models.DecimalField(
        _("went to the loan"), max_digits=12, decimal_places=2, default=Decimal("0.00")
    )
    created_at = models.DateTimeField(_("received at"), auto_now_add=True)

    class Meta:
        verbose_name = _("payment of a repayment")
        verbose_name_plural = _("payments of repayments")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("provider", "callback_id"), name="repayment_payment_once_per_callback"
            ),
        )

    def __str__(self) -> str:
        return f"{self.repayment}: {self.amount} {self.currency}"


class RepaymentRefund(models.Model):
    """What was received and the loan did not need: late, second, or more than was left."""

    number = models.CharField(_("number"), max_length=24, unique=True)
    payment = models.OneToOneField(
        RepaymentPayment, models.PROTECT, related_name="refund", verbose_name=_("payment")
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    status = models.CharField(_("status"), max_length=16, choices=RefundStatus, default=RefundStatus.APPROVED)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    paid_out_at = models.DateTimeField(_("paid out at"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund of a repayment")
        verbose_name_plural = _("refunds of repayments")
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=Q(amount__gt=0), name="repayment_refund_positive"),)

    def __str__(self) -> str:
        return f"{self.payment.repayment}: {self.amount}"
