from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecommenderConfig(AppConfig):
    name = "recommender"
    verbose_name = _("Recommender")

    def ready(self) -> None:
        """The finder and the figure read models, which are there only now."""
        from recommender import export as held  # noqa: PLC0415
        from recommender import figures as own  # noqa: PLC0415
        from recommender import finding  # noqa: PLC0415
        from shop import figures, search_box  # noqa: PLC0415
        from shop.selectors import export  # noqa: PLC0415

        search_box.register(finding.find)
        export.register("recommendations", held.recommendations)
        figures.register("recommender.reviewentry", own.unread_reviews)
