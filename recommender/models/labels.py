"""What was read in reviews, and what it comes to."""

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Count, Deferrable, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from recommender.models.dimensions import DIMENSIONS
from shop.label_names import local_label


class LabelQuerySet(models.QuerySet["Label"]):
    def count_products(self, texts: Iterable[str]) -> int:
        """Bring `product_count` of these labels up to date."""
        carriers = ReviewLabel.objects.filter(label=OuterRef("pk")).order_by().values("label")
        counted = carriers.annotate(n=Count("product_id", distinct=True)).values("n")
        return self.filter(pk__in=sorted(texts)).update(product_count=Coalesce(Subquery(counted), 0))


class Label(models.Model):
    """A label that some review carries, once for the whole shop."""

    text = models.CharField(max_length=80, primary_key=True)
    polarity = models.SmallIntegerField()
    embedding = HalfVectorField(dimensions=DIMENSIONS)
    model_version = models.CharField(max_length=64, help_text="Of the embedding.")
    product_count = models.PositiveIntegerField(
        default=0, help_text="Products with a review that carries it: a label that many share says little."
    )

    objects = LabelQuerySet.as_manager()

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")

    def __str__(self) -> str:
        return self.text


class ReviewLabel(models.Model):
    """A label that Seq2Label read in a review, when it read it together with `partner_id`."""

    review_id = models.BigIntegerField()
    product_id = models.BigIntegerField(db_index=True)
    label = models.ForeignKey(Label, models.CASCADE, related_name="review_labels", db_index=False)
    score = models.FloatField(help_text="Probability, 0 to 1.")
    partner_id = models.BigIntegerField(null=True, help_text="The other review of the pair; empty if alone.")
    model_version = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("review label")
        verbose_name_plural = _("review labels")
        constraints = (models.UniqueConstraint(fields=("review_id", "label"), name="label_once_a_review"),)
        indexes = (models.Index(fields=("label", "product_id"), name="products_of_label"),)

    def __str__(self) -> str:
        return f"{self.review_id}: {self.label_id}"


class TagCluster(models.Model):
    """A product's tag: a cluster of its labels, named by the medoid. The id stays while the opinion does."""

    product_id = models.BigIntegerField(db_index=True)
    medoid = models.ForeignKey(Label, models.CASCADE, related_name="clusters")
    members = ArrayField(models.CharField(max_length=80), help_text="The labels of the cluster.")
    polarity = models.SmallIntegerField()
    count = models.PositiveIntegerField(help_text="Reviews that carry one of the labels.")
    share = models.FloatField(help_text="Of the product's labelled reviews, 0 to 1.")
    rank = models.PositiveSmallIntegerField()

    product_name = ""  # known where somebody looked it up in the shop

    class Meta:
        verbose_name = _("tag cluster")
        verbose_name_plural = _("tag clusters")
        ordering = ("product_id", "rank")
        constraints = (
            # Deferred, since two clusters of a product may swap names in one transaction.
            models.UniqueConstraint(
                fields=("product_id", "medoid"), name="medoid_once_a_product", deferrable=Deferrable.DEFERRED
            ),
        )
        indexes = (GinIndex(name="tag_members", fields=["members"]),)

    def __str__(self) -> str:
        return f"{self.product_name or self.product_id}: {local_label(self.medoid_id)}"


class WithdrawnLabel(models.Model):
    """A label that staff took off a product: no tag of it is made of the label, whoever reads it there again.

    It is meant as it was read: the same text with another polarity says something else.
    """

    product_id = models.BigIntegerField(_("product"))
    label = models.CharField(_("label"), max_length=80)
    polarity = models.SmallIntegerField(_("polarity"))
    note = models.CharField(
        _("note"), max_length=200, blank=True, help_text=_("Why; shoppers do not see it.")
    )
    withdrawn_by = models.BigIntegerField(_("by"), null=True)
    withdrawn_at = models.DateTimeField(_("at"), auto_now_add=True)

    product_name = ""  # known where somebody looked it up in the shop

    class Meta:
        verbose_name = _("label taken off a product")
        verbose_name_plural = _("labels taken off products")
        ordering = ("-withdrawn_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("product_id", "label", "polarity"), name="label_withdrawn_once_a_product"
            ),
        )

    def __str__(self) -> str:
        return f"{self.product_name or self.product_id}: {local_label(self.label)}"
