"""Reviews as they were ingested."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ReviewEntryQuerySet(models.QuerySet["ReviewEntry"]):
    def published(self) -> "ReviewEntryQuerySet":
        return self.filter(is_published=True)

    def to_label(self, model_version: str) -> "ReviewEntryQuerySet":
        """Those that this version of the model has not read, as ranges that an index can walk."""
        return self.published().filter(
            Q(labelled_with__lt=model_version) | Q(labelled_with__gt=model_version)
        )

    def other_reader(self, model_version: str) -> str | None:
        """Another version that has read some: "", for nobody, before all others."""
        versions = self.published().order_by("labelled_with").values_list("labelled_with", flat=True)
        first = versions.filter(labelled_with__lt=model_version).first()
        return versions.filter(labelled_with__gt=model_version).first() if first is None else first


class ReviewEntry(models.Model):
    """A review as ingested. `labelled_with` names the model that has read it, empty until then."""

    review_id = models.BigIntegerField(_("review"), primary_key=True)
    product_id = models.BigIntegerField(_("product"))
    stars = models.PositiveSmallIntegerField(_("stars"))
    title = models.CharField(_("title"), max_length=255, blank=True)
    body = models.TextField(_("text"), blank=True)
    is_published = models.BooleanField(_("published"))
    labelled_with = models.CharField(_("read by"), max_length=64, blank=True)

    objects = ReviewEntryQuerySet.as_manager()
    product_name = ""  # known where somebody looked it up in the shop

    class Meta:
        verbose_name = _("review entry")
        verbose_name_plural = _("review entries")
        indexes = (
            models.Index(fields=("product_id", "review_id"), name="review_of_product"),
            models.Index(
                fields=("labelled_with", "product_id", "review_id"), name="review_by_reader",
                condition=Q(is_published=True),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return gettext("review %(number)d") % {"number": self.review_id}
