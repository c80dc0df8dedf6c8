"""Whose vectors are in use, and those that are to take over."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from recommender.models.dimensions import DIMENSIONS


class EmbedderInUse(models.Model):
    """Whose vectors the products and labels have. One row; none where nothing has a vector yet."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    name = models.CharField(max_length=16)
    model = models.CharField(max_length=128, blank=True, help_text="As a server calls it.")
    model_version = models.CharField(max_length=64)
    since = models.DateTimeField()

    class Meta:
        verbose_name = _("embedder in use")
        verbose_name_plural = _("embedders in use")

    def __str__(self) -> str:
        return self.model_version


class NextVector(models.Model):
    """A vector by an embedder that is to take over, kept until all are there."""

    embedding = HalfVectorField(dimensions=DIMENSIONS)
    model_version = models.CharField(max_length=64)

    class Meta:
        abstract = True


class NextProductVector(NextVector):
    product_id = models.BigIntegerField(primary_key=True)
    revision = models.PositiveBigIntegerField(help_text="`published_revision` of what it was made of.")

    class Meta:
        verbose_name = _("next vector of a product")
        verbose_name_plural = _("next vectors of products")

    def __str__(self) -> str:
        return f"{self.product_id}: {self.model_version}"


class NextLabelVector(NextVector):
    text = models.CharField(max_length=80, primary_key=True)

    class Meta:
        verbose_name = _("next vector of a label")
        verbose_name_plural = _("next vectors of labels")

    def __str__(self) -> str:
        return f"{self.text}: {self.model_version}"
