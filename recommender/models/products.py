"""Products as the recommender knows them."""

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField, HnswIndex

from recommender.models.dimensions import DIMENSIONS


class ProductEntryQuerySet(models.QuerySet["ProductEntry"]):
    def stale(self) -> "ProductEntryQuerySet":
        """Those whose tags or vector are older than what they are made of."""
        return self.filter(revision__gt=F("published_revision"))

    def mark_stale(self, product_ids: Iterable[int]) -> int:
        wanted = sorted(set(product_ids))
        return self.filter(product_id__in=wanted).update(revision=F("revision") + 1) if wanted else 0


class ProductEntry(models.Model):
    """A product as the recommender knows it: what search filters on, and its vector."""

    product_id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=255)
    text = models.TextField(help_text="Name, brief, brand and path: what the text vector is made of.")
    path = models.CharField(
        max_length=255, blank=True, help_text="Aisle and shelf: what kind of thing it is."
    )
    detail = models.TextField(
        blank=True, help_text="The long description: what it is made of often stands only there."
    )
    terms_zh = models.TextField(
        blank=True, help_text="Chinese texts as characters and pairs of them, which any index can hold."
    )
    name_zh = models.CharField(max_length=255, blank=True)
    path_zh = models.CharField(max_length=255, blank=True)
    # Both are written by `documents`, with terms of its own making: PostgreSQL splits no Chinese.
    document = SearchVectorField(null=True, help_text="All that search by words reads of it.")
    holds = SearchVectorField(null=True, help_text="What is in it.")
    category_ids = ArrayField(models.BigIntegerField(), help_text="From the department down.")
    selling_price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    is_available = models.BooleanField(default=False)
    embedding = HalfVectorField(dimensions=DIMENSIONS, null=True)
    model_version = models.CharField(max_length=64, blank=True)
    # A change raises `revision`; publishing stores the revision that it read. A change that arrives in
    # between stays visible, whatever the order of the two writes.
    revision = models.PositiveBigIntegerField(default=1)
    published_revision = models.PositiveBigIntegerField(default=0)

    objects = ProductEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("product entry")
        verbose_name_plural = _("product entries")
        indexes = (
            HnswIndex(
                name="product_nearness", fields=["embedding"], m=24, ef_construction=128,
                opclasses=["halfvec_cosine_ops"],
            ),
            GinIndex(name="product_categories", fields=["category_ids"]),
            models.Index(name="product_price", fields=["selling_price"]),
            GinIndex(name="product_document", fields=["document"]),
            models.Index(
                fields=("product_id",), name="product_stale",
                condition=Q(revision__gt=F("published_revision")),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.name


class Passage(models.Model):
    """A sentence of a product's text or of a review of it, by its digest, and what it means."""

    product_id = models.BigIntegerField()
    digest = models.BinaryField(max_length=16, help_text="BLAKE2 of the sentence.")
    embedding = HalfVectorField(dimensions=DIMENSIONS)
    model_version = models.CharField(max_length=64, help_text="Of the embedding.")

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        constraints = (
            models.UniqueConstraint(
                fields=("product_id", "model_version", "digest"), name="passage_once_a_product"
            ),
        )

    def __str__(self) -> str:
        return f"{self.product_id}: {bytes(self.digest).hex()}"
