from typing import Any

from django.db import models

from shop.rich_text import sanitised


class RichTextField(models.TextField[str, str]):
    """HTML that is sanitised on its way to the database, whoever writes it: pages may show it as it is."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The row in hand has what is stored."""
        clean = sanitised(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, clean)
        return clean

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return sanitised(prepared) if isinstance(prepared, str) else prepared
