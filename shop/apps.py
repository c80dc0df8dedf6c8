from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = _("Shop")

    def ready(self) -> None:
        """The selectors read models, which are there only now."""
        from shop import figures  # noqa: PLC0415
        from shop.selectors import dashboard  # noqa: PLC0415

        figures.register("shop.order", dashboard.order_figures)
        figures.register("shop.refund", dashboard.refund_figures)
        figures.register("shop.payment", dashboard.payment_figures)
        figures.register("shop.product", dashboard.product_figures)
        figures.register("shop.review", dashboard.review_figures)
