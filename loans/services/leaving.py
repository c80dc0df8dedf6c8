"""A customer who closes their account: not while they owe, and then without what they said of their money."""

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loans.models import Application, Decision, Loan
from loans.models.applications import OPEN, ApplicationStatus
from loans.models.loans import OWED
from loans.services.applying import withdraw_offers
from loans.services.moves import move_application
from shop.models import Customer


def reason_to_stay(customer: Customer) -> str | Promise | None:
    if Loan.objects.filter(customer=customer, status__in=OWED).exists():
        return _("You still owe a loan. Pay it off first; then the account can be closed.")
    if Application.objects.filter(customer=customer, status=ApplicationStatus.SUBMITTED).exists():
        return _("Your loan application is just being decided. Try again in a minute.")
    return None


def leave(customer: Customer) -> None:
    """Withdraw what is open, and purge at once what is otherwise kept for a time.

    In the transaction that closes the account.
    """
    for application in Application.objects.filter(customer=customer, status__in=OPEN):
        move_application(application, ApplicationStatus.WITHDRAWN, customer)
        withdraw_offers(application)
    Application.objects.filter(customer=customer, purged_at=None).update(sealed="", purged_at=timezone.now())
    Decision.objects.filter(application__customer=customer).update(sealed="")
