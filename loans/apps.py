from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class LoansConfig(AppConfig):
    name = "loans"
    verbose_name = _("Loan desk")

    def ready(self) -> None:
        """The figures are counted in models, which are there only now."""
        from loans import figures as own  # noqa: PLC0415
        from loans.selectors import export as held  # noqa: PLC0415
        from loans.services import leaving  # noqa: PLC0415
        from shop import departure, figures  # noqa: PLC0415
        from shop.selectors import export  # noqa: PLC0415

        # Django makes permissions after migrating, and no earlier: so comes the group that holds them.
        post_migrate.connect(keep_roles, sender=self)
        figures.register("loans.application", own.application_figures)
        figures.register("loans.loan", own.loan_figures)
        figures.register("loans.repaymentrefund", own.refund_figures)
        departure.register(departure.Tie(leaving.reason_to_stay, leaving.leave))
        export.register("loan_applications", held.applications)
        export.register("loans", held.loans)


def keep_roles(*, using: str, **facts: Any) -> None:
    from loans.services import roles  # noqa: PLC0415

    if using == DEFAULT_DB_ALIAS:
        roles.keep_roles()
