"""Incomes and obligations are kept for a stated time, and then no longer."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from loans.models import Application, Decision
from loans.models.applications import OPEN
from loans.models.loans import OWED
from loans.selectors.eligibility import current_policy

AT_ONCE = 500


def purge_finances() -> int:
    """Of applications that have been over, with their loans, for long enough. Returns how many."""
    before = timezone.now() - timedelta(days=current_policy().policy.retention_days)
    over = (
        Application.objects.filter(changed_at__lte=before, purged_at=None)
        .exclude(status__in=OPEN)
        .exclude(loan__status__in=OWED)
        .exclude(loan__closed_at__gt=before)
    )
    ids = list(over.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    for application_id in ids:
        _purge(application_id)
    return len(ids)


@transaction.atomic
def _purge(application_id: int) -> None:
    Application.objects.filter(pk=application_id).update(sealed="", purged_at=timezone.now())
    Decision.objects.filter(application=application_id).update(sealed="")
