from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.models.catalogue import Product
from shop.models.orders import OrderItem


class ReviewStatus(models.TextChoices):
    PUBLISHED = "published", _("published")
    HELD = "held", _("held")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")  # by its author: an empty row, for whoever reads the feed


class RejectionReason(models.TextChoices):
    OFF_TOPIC = "off-topic", _("it says nothing of the product")
    ADVERTISING = "advertising", _("it advertises something else")
    OFFENSIVE = "offensive", _("it insults somebody")
    PERSONAL = "personal", _("it names a person, an address or a number")
    NOT_OWN = "not-own", _("its words are somebody else's")
    OTHER = "other", _("another reason")


class ReviewQuerySet(models.QuerySet["Review"]):
    def published(self) -> "ReviewQuerySet":
        return self.filter(status=ReviewStatus.PUBLISHED)


class Review(models.Model):
    """What somebody wrote about a product. An imported one has no customer, but a pseudonym."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="reviews", verbose_name=_("product"))
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="reviews",
        verbose_name=_("customer"),
    )  # fmt: skip
    order_item = models.OneToOneField(
        OrderItem, models.SET_NULL, null=True, blank=True, related_name="review", editable=False,
        verbose_name=_("bought as"),
    )  # fmt: skip
    author_name = models.CharField(
        _("author"),
        max_length=64,
        blank=True,
        help_text=_("The name shown beside the review; empty where its author has closed the account."),
    )
    stars = models.PositiveSmallIntegerField(
        _("stars"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    title = models.CharField(_("title"), max_length=255, blank=True)
    body = models.TextField(_("text"), blank=True)
    helpful_votes = models.PositiveIntegerField(_("helpful votes"), default=0)
    is_verified_purchase = models.BooleanField(_("verified purchase"), default=False)
    source_id = models.CharField(
        _("source id"), max_length=64, unique=True, null=True, blank=True, editable=False,
        help_text=_("What identifies an imported review at its source."),
    )  # fmt: skip
    status = models.CharField(
        _("status"), max_length=16, choices=ReviewStatus, default=ReviewStatus.PUBLISHED, db_index=True
    )
    rejection_reason = models.CharField(
        _("reason of the rejection"), max_length=16, choices=RejectionReason, blank=True, db_default=""
    )
    rejection_note = models.CharField(_("words to the author"), max_length=300, blank=True, db_default="")
    created_at = models.DateTimeField(_("written at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("product", "status", "-created_at", "-id"), name="review_newest_of_product"),
            models.Index(fields=("product", "status", "stars"), name="review_stars_of_product"),
            models.Index(fields=("changed_at", "id"), name="review_feed"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(stars__range=(1, 5)), name="review_stars_1_to_5"),
            models.UniqueConstraint(
                fields=("product", "customer"), name="review_one_per_customer_and_product"
            ),
        )

    def __str__(self) -> str:
        return self.title or self.body[:60]

    @property
    def is_imported(self) -> bool:
        return self.source_id is not None
