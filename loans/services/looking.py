"""Showing an officer what an applicant said of their money, never without writing down who looked."""

from django.db import transaction

from loans.models import Application
from loans.offers import Finances
from loans.services.applying import finances_of
from shop.models import Customer
from shop.services.audit import record


@transaction.atomic
def look_at_finances(*, application: Application, officer: Customer) -> Finances:
    """Stored in the trail before anything is told. Raises Purged, or Unsealable."""
    record(actor=officer, target=application, field="finances", before="", after="shown")
    return finances_of(application)
