"""The words of products, and how many have them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class SearchTerm(models.Model):
    """A term of the documents, and in how many of them it stands."""

    text = models.CharField(max_length=64, primary_key=True)
    product_count = models.IntegerField(help_text="Products whose document has it.")

    class Meta:
        verbose_name = _("search term")
        verbose_name_plural = _("search terms")
        indexes = (models.Index(fields=("-product_count",), name="commonest_term"),)

    def __str__(self) -> str:
        return self.text


class Spelling(models.Model):
    """A word by which products are called or kept, as it is spelt, and how many are."""

    text = models.CharField(max_length=64, primary_key=True)
    product_count = models.IntegerField(help_text="Products that are called or kept by it.")

    def __str__(self) -> str:
        return self.text


class ProductWords(models.Model):
    """The words of a product as they are counted: its entry may say others before its document does."""

    product_id = models.BigIntegerField(primary_key=True)
    words = ArrayField(models.CharField(max_length=64))

    def __str__(self) -> str:
        return f"{self.product_id}: {' '.join(self.words)}"
