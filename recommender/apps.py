from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate
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

        # Django makes permissions after migrating, and no earlier: so come the rights of the groups.
        post_migrate.connect(keep_roles, sender=self)
        search_box.register(finding.find)
        export.register("recommendations", held.recommendations)
        figures.register("recommender.reviewentry", own.unread_reviews)


def keep_roles(*, using: str, **facts: Any) -> None:
    """Groups stand where accounts do, whatever database the recommender's own rows are in."""
    from recommender import roles  # noqa: PLC0415

    if using == DEFAULT_DB_ALIAS:
        roles.keep_roles()
