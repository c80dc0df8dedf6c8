from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.models.catalogue import Product
from shop.models.reviews import Review


class Polarity(models.IntegerChoices):
    NEGATIVE = -1, _("criticism")
    NEUTRAL = 0, _("description")
    POSITIVE = 1, _("praise")


class ProductTag(models.Model):
    """What a product's reviews say of it. Written by shop.services.tags.publish_tags (and for benchmarks)."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="tags", verbose_name=_("product"))
    label = models.CharField(_("label"), max_length=80, db_index=True)
    polarity = models.SmallIntegerField(_("polarity"), choices=Polarity, default=Polarity.NEUTRAL)
    count = models.PositiveIntegerField(_("reviews that say so"))
    share = models.FloatField(_("share"), help_text=_("Of the product's labelled reviews, 0 to 1."))
    rank = models.PositiveSmallIntegerField(_("rank"))

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("rank", "id")
        constraints = (models.UniqueConstraint(fields=("product", "label"), name="tag_label_once_a_product"),)

    def __str__(self) -> str:
        return self.label


class TagMention(models.Model):
    """A review that says what a tag says."""

    tag = models.ForeignKey(ProductTag, models.CASCADE, related_name="mentions")
    review = models.ForeignKey(Review, models.CASCADE, related_name="mentions")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("tag", "review"), name="mention_once_a_review"),)

    def __str__(self) -> str:
        return f"{self.tag_id}: {self.review_id}"
