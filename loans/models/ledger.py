from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from loans.exceptions import LedgerImmutable
from loans.models.loans import Loan
from loans.models.repayments import RepaymentPayment


class Immutable(models.QuerySet[Any]):
    """Rows that are written once; a mistake is corrected by an entry that reverses it."""

    def update(self, **fields: Any) -> NoReturn:
        raise LedgerImmutable

    def bulk_update(self, *arguments: Any, **options: Any) -> NoReturn:
        raise LedgerImmutable

    def delete(self) -> NoReturn:
        raise LedgerImmutable


class EntryKind(models.TextChoices):
    DISBURSEMENT = "disbursement", _("paid out as a coupon")
    FEE = "fee", _("late fee")
    REPAYMENT = "repayment", _("repayment")
    WRITE_OFF = "write-off", _("written off")
    REVERSAL = "reversal", _("reversal")


class Account(models.TextChoices):
    """Where money stands. Debits are positive, credits negative."""

    PRINCIPAL = "principal", _("principal owed")
    FEES = "fees", _("fees owed")
    COUPONS = "coupons", _("coupons given")
    CASH = "cash", _("received")
    INTEREST_INCOME = "interest-income", _("interest earned")
    FEE_INCOME = "fee-income", _("fees earned")
    LOSSES = "losses", _("losses")


class LedgerEntry(models.Model):
    """Something that happened to a loan's money. Its lines balance."""

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="entries", verbose_name=_("loan"))
    kind = models.CharField(_("kind"), max_length=16, choices=EntryKind)
    # What may happen once only carries what makes it one: "disbursement", "fee-3", "payment-17".
    key = models.CharField(_("key"), max_length=40)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("reverses")
    )
    payment = models.ForeignKey(
        RepaymentPayment, models.PROTECT, null=True, blank=True, related_name="entries",
        verbose_name=_("payment"),
    )  # fmt: skip
    on = models.DateField(_("on"))
    created_at = models.DateTimeField(_("entered at"), auto_now_add=True)

    objects = Immutable.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("loan", "key"), name="ledger_entry_once"),)

    def __str__(self) -> str:
        return f"{self.loan}: {self.get_kind_display()}"


class LedgerLine(models.Model):
    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="lines", verbose_name=_("entry"))
    account = models.CharField(_("account"), max_length=16, choices=Account)
    amount = models.DecimalField(_("debit, or credit if negative"), max_digits=12, decimal_places=2)

    objects = Immutable.as_manager()

    class Meta:
        verbose_name = _("ledger line")
        verbose_name_plural = _("ledger lines")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("entry", "account"), name="ledger_line_once_per_account"),
            models.CheckConstraint(condition=~models.Q(amount=0), name="ledger_line_not_nothing"),
        )

    def __str__(self) -> str:
        return f"{self.get_account_display()}: {self.amount}"
