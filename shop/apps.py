from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = _("Shop")

    def ready(self) -> None:
        """The selectors read models, which are there only now."""
        from shop import figures  # noqa: PLC0415
        from shop.selectors import dashboard  # noqa: PLC0415

        # Django makes permissions after migrating, and no earlier: so come the groups that hold them.
        post_migrate.connect(keep_roles, sender=self)
        figures.register("shop.order", dashboard.order_figures)
        figures.register("shop.refund", dashboard.refund_figures)
        figures.register("shop.payment", dashboard.payment_figures)
        figures.register("shop.product", dashboard.product_figures)
        figures.register("shop.review", dashboard.review_figures)


def keep_roles(*, using: str, **facts: Any) -> None:
    from shop.services import roles  # noqa: PLC0415

    if using == DEFAULT_DB_ALIAS:
        roles.keep_roles()
