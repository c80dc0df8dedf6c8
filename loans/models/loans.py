from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loans.models.applications import Application, Offer
from loans.models.policies import PolicyVersion
from shop.models import Coupon


class LoanStatus(models.TextChoices):
    PENDING = "pending", _("To be paid out")
    ACTIVE = "active", _("Active")
    OVERDUE = "overdue", _("Overdue")
    CLOSED = "closed", _("Repaid")
    WRITTEN_OFF = "written-off", _("Written off")
    RESCINDED = "rescinded", _("Withdrawn from")


# While a loan is in one of these, its principal counts against the customer's limit.
OWED = (LoanStatus.PENDING, LoanStatus.ACTIVE, LoanStatus.OVERDUE)
# In these it can be repaid.
REPAYABLE = (LoanStatus.ACTIVE, LoanStatus.OVERDUE)
LOAN_MOVES: dict[str, tuple[LoanStatus, ...]] = {
    LoanStatus.PENDING: (LoanStatus.ACTIVE,),
    LoanStatus.ACTIVE: (LoanStatus.OVERDUE, LoanStatus.CLOSED, LoanStatus.RESCINDED, LoanStatus.WRITTEN_OFF),
    LoanStatus.OVERDUE: (LoanStatus.ACTIVE, LoanStatus.CLOSED, LoanStatus.WRITTEN_OFF),
    LoanStatus.CLOSED: (),
    LoanStatus.WRITTEN_OFF: (),
    LoanStatus.RESCINDED: (),
}


class Loan(models.Model):
    """What a customer accepted. Its status moves in loans.services.lending, its money in the ledger."""

    number = models.CharField(_("number"), max_length=24, unique=True)
    application = models.OneToOneField(
        Application, models.PROTECT, related_name="loan", verbose_name=_("application")
    )
    offer = models.OneToOneField(Offer, models.PROTECT, related_name="loan", verbose_name=_("offer"))
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="loans", verbose_name=_("customer")
    )
    policy = models.ForeignKey(
        PolicyVersion, models.PROTECT, related_name="loans", verbose_name=_("policy version")
    )
    coupon = models.OneToOneField(
        Coupon, models.PROTECT, null=True, blank=True, related_name="loan", verbose_name=_("coupon")
    )
    status = models.CharField(_("status"), max_length=16, choices=LoanStatus, default=LoanStatus.PENDING)
    principal = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    # Kept with each entry of the ledger, so that exposure is one sum; `reconcile_loans` proves it.
    principal_left = models.DecimalField(_("principal left"), max_digits=12, decimal_places=2)
    annual_rate = models.DecimalField(_("annual rate"), max_digits=6, decimal_places=5)
    months = models.PositiveSmallIntegerField(_("months"))
    interest_from = models.DateField(_("interest from"))  # what is settled until here bears no more
    terms_hash = models.CharField(_("hash of the agreement"), max_length=64)
    band = models.CharField(_("band"), max_length=8)
    accepted_at = models.DateTimeField(_("accepted at"))
    rescindable_until = models.DateTimeField(_("can be withdrawn from until"))
    disbursed_at = models.DateTimeField(_("disbursed at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("loan")
        verbose_name_plural = _("loans")
        ordering = ("-id",)
        indexes = (models.Index(fields=("customer", "status"), name="loan_customer_status"),)
        constraints = (
            models.CheckConstraint(condition=Q(principal__gt=0), name="loan_principal_positive"),
            models.CheckConstraint(
                condition=Q(principal_left__gte=0, principal_left__lte=F("principal")),
                name="loan_principal_left_within",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("pending", "active", "overdue")) | Q(principal_left=0),
                name="loan_over_owes_nothing",
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def is_repayable(self) -> bool:
        return self.status in REPAYABLE


class LoanEvent(models.Model):
    """A move of a loan, and what an officer wrote about it."""

    loan = models.ForeignKey(Loan, models.CASCADE, related_name="events", verbose_name=_("loan"))
    status = models.CharField(_("status"), max_length=16, choices=LoanStatus)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("by"),
    )  # fmt: skip
    note = models.CharField(_("note"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("event of a loan")
        verbose_name_plural = _("events of loans")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.loan}: {self.get_status_display()}"


class Instalment(models.Model):
    """What is to be paid on a day, and what is paid of it.

    Those of a loan always come to its principal; a payment ahead of the schedule becomes one of them, and
    those after it are drawn up anew.
    """

    loan = models.ForeignKey(Loan, models.CASCADE, related_name="instalments", verbose_name=_("loan"))
    number = models.PositiveSmallIntegerField(_("number"))
    due_on = models.DateField(_("due on"))
    principal = models.DecimalField(_("principal"), max_digits=12, decimal_places=2)
    interest = models.DecimalField(_("interest"), max_digits=12, decimal_places=2)
    fee = models.DecimalField(_("late fee"), max_digits=12, decimal_places=2, default=Decimal("0.00"))
    principal_paid = models.DecimalField(
        _("principal paid"), max_digits=12, decimal_places=2, default=Decimal("0.00")
    )
    interest_paid = models.DecimalField(
        _("interest paid"), max_digits=12, decimal_places=2, default=Decimal("0.00")
    )
    fee_paid = models.DecimalField(
        _("late fee paid"), max_digits=12, decimal_places=2, default=Decimal("0.00")
    )
    is_ahead = models.BooleanField(_("paid ahead of the schedule"), default=False)
    was_reminded = models.BooleanField(_("reminded"), default=False)

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ("loan", "number")
        constraints = (
            models.UniqueConstraint(fields=("loan", "number"), name="instalment_number_once"),
            models.CheckConstraint(
                condition=Q(
                    principal_paid__gte=0, interest_paid__gte=0, fee_paid__gte=0,
                    principal_paid__lte=F("principal"), interest_paid__lte=F("interest"),
                    fee_paid__lte=F("fee"),
                ),
                name="instalment_paid_within_due",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.loan} {self.number}"

    @property
    def amount(self) -> Decimal:
        return self.principal + self.interest + self.fee

    @property
    def paid(self) -> Decimal:
        return self.principal_paid + self.interest_paid + self.fee_paid

    @property
    def left(self) -> Decimal:
        return self.amount - self.paid
