from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecommenderConfig(AppConfig):
    name = "recommender"
    verbose_name = _("Recommender")

    def ready(self) -> None:
        """The finder reads models, which are there only now."""
        from recommender import finding  # noqa: PLC0415
        from shop import search_box  # noqa: PLC0415

        search_box.register(finding.find)
