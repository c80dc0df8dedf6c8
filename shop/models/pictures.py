from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.models.catalogue import Product, in_language


class ProductPicture(models.Model):
    """One of a product's pictures beside its cover."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="pictures", verbose_name=_("product"))
    picture = models.ImageField(_("picture"), upload_to="products/")
    alt = models.CharField(_("what it shows"), max_length=160, help_text=_("Read aloud in its place."))
    alt_zh = models.CharField(_("what it shows, in Chinese"), max_length=160, blank=True)
    rank = models.PositiveIntegerField(_("rank"), default=0, help_text=_("Lower stands first."))

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("gallery")
        ordering = ("rank", "id")

    def __str__(self) -> str:
        return self.local_alt

    @property
    def local_alt(self) -> str:
        return in_language(self.alt, self.alt_zh)
