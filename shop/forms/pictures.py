from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.exceptions import NotAPicture, PictureTooLarge
from shop.pictures import picture_from


class PictureField(forms.FileField):
    """An upload that becomes a picture of ours under a name of ours."""

    def to_python(self, data: Any) -> Any:
        upload = super().to_python(data)
        if upload is None:
            return None
        try:
            return ContentFile(picture_from(upload), name=f"{token_hex(16)}.webp")
        except NotAPicture as error:
            sentence = _("This is not a picture we can read. Send a JPEG, PNG, WebP or GIF.")
            raise ValidationError(sentence) from error
        except PictureTooLarge as error:
            sentence = _("This picture is too large: 8 MB and 40 million pixels are the most.")
            raise ValidationError(sentence) from error

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"accept": "image/*"}


# For an admin's `formfield_overrides`.
REENCODED: Mapping[type[models.Field[Any, Any]], Mapping[str, Any]] = {
    models.ImageField: {"form_class": PictureField}
}
