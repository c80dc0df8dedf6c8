"""What was shown, and what was opened."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _


class Place(models.TextChoices):
    """Where on the shop's pages four products are shown."""

    ALIKE = "alike", _("alike")
    ASK = "ask", _("ask")
    FOR_YOU = "for-you", _("for you")


class Impression(models.Model):
    """Four products as they were shown to somebody, each with its reason. Guests leave no name here."""

    token = models.UUIDField(_("token"), primary_key=True)
    place = models.CharField(_("place"), max_length=16, choices=Place)
    customer_id = models.BigIntegerField(_("customer"), null=True, help_text=_("Empty for guests."))
    beside_id = models.BigIntegerField(
        _("beside product"), null=True, help_text=_("The product on whose page they stood.")
    )
    product_ids = ArrayField(models.BigIntegerField(), verbose_name=_("products"))
    reasons = models.JSONField(
        _("reasons"), help_text=_("In the order of the products: kind, label, reviews.")
    )
    parts = models.JSONField(
        _("parts of the scores"), default=list, blank=True,
        help_text=_("In the order of the products: what each score is made of, where it is known."),
    )  # fmt: skip
    is_fallback = models.BooleanField(_("fallback"), help_text=_("The most loved products took places."))
    shown_at = models.DateTimeField(_("shown at"), db_index=True)

    class Meta:
        verbose_name = _("impression")
        verbose_name_plural = _("impressions")
        ordering = ("-shown_at",)
        indexes = (
            models.Index(
                fields=("customer_id",), name="impression_of_customer", condition=Q(customer_id__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_place_display()}, {localize(timezone.localtime(self.shown_at))}"


class Click(models.Model):
    """One of the shown products was opened. The second time counts no more than the first."""

    impression = models.ForeignKey(Impression, models.CASCADE, related_name="clicks")
    product_id = models.BigIntegerField()
    clicked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("click")
        verbose_name_plural = _("clicks")
        constraints = (
            models.UniqueConstraint(fields=("impression", "product_id"), name="click_once_an_impression"),
        )

    def __str__(self) -> str:
        return f"{self.product_id} from {self.impression_id}"
