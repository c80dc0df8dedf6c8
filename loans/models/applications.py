from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from loans.models.policies import PolicyVersion


class ApplicationStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    IN_REVIEW = "in-review", _("With a loan officer")
    OFFERED = "offered", _("Offers made")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Expired")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# A customer has one application in one of these at a time.
OPEN = (
    ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED, ApplicationStatus.IN_REVIEW,
    ApplicationStatus.OFFERED,
)  # fmt: skip
# Where an application may go from where it stands; every other move raises.
APPLICATION_MOVES: dict[str, tuple[ApplicationStatus, ...]] = {
    ApplicationStatus.DRAFT: (
        ApplicationStatus.SUBMITTED, ApplicationStatus.EXPIRED, ApplicationStatus.WITHDRAWN,
    ),
    ApplicationStatus.SUBMITTED: (
        ApplicationStatus.DECLINED, ApplicationStatus.IN_REVIEW, ApplicationStatus.OFFERED,
        ApplicationStatus.WITHDRAWN,
    ),
    ApplicationStatus.IN_REVIEW: (
        ApplicationStatus.DECLINED, ApplicationStatus.OFFERED, ApplicationStatus.WITHDRAWN,
    ),
    ApplicationStatus.OFFERED: (
        ApplicationStatus.ACCEPTED, ApplicationStatus.EXPIRED, ApplicationStatus.WITHDRAWN,
        ApplicationStatus.IN_REVIEW,  # the customer asks a person to look at a counter-offer
    ),
    ApplicationStatus.DECLINED: (ApplicationStatus.IN_REVIEW,),  # likewise
    ApplicationStatus.ACCEPTED: (),
    ApplicationStatus.EXPIRED: (),
    ApplicationStatus.WITHDRAWN: (),
}  # fmt: skip


class Application(models.Model):
    """What a customer asks for. `sealed` is what they said of their money, encrypted, until it is purged."""

    number = models.CharField(_("number"), max_length=24, unique=True)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="loan_applications", verbose_name=_("customer")
    )
    # Set while it is open. MySQL has no partial unique index, and a nullable unique column says the same.
    open_for = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False,
        related_name="open_loan_application", verbose_name=_("open application of"),
    )  # fmt: skip
    status = models.CharField(
        _("status"), max_length=16, choices=ApplicationStatus, default=ApplicationStatus.DRAFT
    )
    amount = models.DecimalField(
        _("amount asked for"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    months = models.PositiveSmallIntegerField(_("months asked for"), null=True, blank=True)
    sealed = models.TextField(_("finances, encrypted"), blank=True, editable=False)
    consent_version = models.CharField(_("version of the consent"), max_length=16)
    consented_at = models.DateTimeField(_("consented at"))
    asked_for_review_at = models.DateTimeField(_("asked for a person at"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    purged_at = models.DateTimeField(_("finances purged at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("loan application")
        verbose_name_plural = _("loan applications")
        ordering = ("-id",)
        indexes = (models.Index(fields=("status", "changed_at"), name="application_status_changed"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(open_for=None) | Q(status__in=OPEN), name="application_over_is_not_open"
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class ApplicationEvent(models.Model):
    """A move of an application. Without an actor it was the desk's own rules or the clock."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="events", verbose_name=_("application")
    )
    status = models.CharField(_("status"), max_length=16, choices=ApplicationStatus)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("by"),
    )  # fmt: skip
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("event of an application")
        verbose_name_plural = _("events of applications")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.application}: {self.get_status_display()}"


class DecisionKind(models.TextChoices):
    AUTOMATIC = "automatic", _("by the desk's rules")
    OFFICER = "officer", _("by a loan officer")


class Decision(models.Model):
    """How an application was decided, with all that it takes to decide it again. Never changed.

    `sealed` holds the input, encrypted with the finances in it: see loans.services.deciding. It is blank
    once it is purged, and the decision can then be read but not be replayed.
    """

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="decisions", verbose_name=_("application")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=DecisionKind)
    status = models.CharField(_("outcome"), max_length=16, choices=ApplicationStatus)
    is_counter = models.BooleanField(_("counter-offer"), default=False)
    policy = models.ForeignKey(
        PolicyVersion, models.PROTECT, related_name="decisions", verbose_name=_("policy version")
    )
    score = models.PositiveSmallIntegerField(_("shop score"), null=True, blank=True)
    band = models.CharField(_("band"), max_length=8)
    score_reasons = models.JSONField(_("reasons of the score"), default=list)
    likelihood = models.FloatField(_("approval likelihood"), null=True, blank=True)
    is_out_of_support = models.BooleanField(_("outside what the model has seen"), default=False)
    reasons = models.JSONField(_("reasons"), default=list)
    score_model_hash = models.CharField(_("score model"), max_length=64, blank=True)
    loan_model_hash = models.CharField(_("approval model"), max_length=64, blank=True)
    data_hash = models.CharField(_("the approval model's data"), max_length=64, blank=True)
    sealed = models.TextField(_("input, encrypted"), blank=True, editable=False)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("decided by"),
    )  # fmt: skip
    written_reason = models.TextField(_("the officer's reason"), blank=True, max_length=1000)
    created_at = models.DateTimeField(_("decided at"), auto_now_add=True)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.application}: {self.get_status_display()}"


class OfferKind(models.TextChoices):
    """Those of loans.offers, and what a loan officer offers."""

    ASKED = "asked", _("as asked for")
    LARGEST = "largest", _("the largest")
    CHEAPEST = "cheapest", _("the cheapest")
    OFFICER = "officer", _("by a loan officer")


class OfferQuerySet(models.QuerySet["Offer"]):
    def standing(self) -> "OfferQuerySet":
        return self.filter(withdrawn_at=None, expires_at__gt=timezone.now())


class Offer(models.Model):
    """An amount and a term that the customer may accept until it expires. Its terms never change.

    `terms_hash` is over all that the customer was shown: what is accepted is what was read.
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    application = models.ForeignKey(
        Application, models.PROTECT, related_name="offers", verbose_name=_("application")
    )
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="offers", verbose_name=_("decision"))
    kind = models.CharField(_("kind"), max_length=16, choices=OfferKind)
    principal = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    months = models.PositiveSmallIntegerField(_("months"))
    annual_rate = models.DecimalField(_("annual rate"), max_digits=6, decimal_places=5)
    instalment = models.DecimalField(_("instalment"), max_digits=12, decimal_places=2)
    total_interest = models.DecimalField(_("interest in all"), max_digits=12, decimal_places=2)
    debt_ratio = models.FloatField(_("debt to income"), null=True, blank=True)
    terms_hash = models.CharField(_("hash of its terms"), max_length=64)
    expires_at = models.DateTimeField(_("expires at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.principal} × {self.months}"

    @property
    def is_standing(self) -> bool:
        return self.withdrawn_at is None and self.expires_at > timezone.now()

    @property
    def total(self) -> Decimal:
        return self.principal + self.total_interest
