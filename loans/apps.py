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
        from shop import figures  # noqa: PLC0415

        # Django makes permissions after migrating, and no earlier: so comes the group that holds them.
        post_migrate.connect(keep_roles, sender=self)
        figures.register("loans.application", own.application_figures)
        figures.register("loans.loan", own.loan_figures)
        figures.register("loans.repaymentrefund", own.refund_figures)


def keep_roles(*, using: str, **facts: Any) -> None:
    from loans.services import roles  # noqa: PLC0415

    if using == DEFAULT_DB_ALIAS:
        roles.keep_roles()
