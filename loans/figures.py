"""Numbers of the loan desk in the admin's daily view: each the length of the list that it leads to."""

from collections.abc import Iterable

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from loans.models import Application, Loan, RepaymentRefund
from loans.models.applications import ApplicationStatus
from loans.models.loans import LoanStatus
from shop.figures import Figure
from shop.models.payments import RefundStatus


def application_figures() -> Iterable[Figure]:
    lookups = {"status": ApplicationStatus.IN_REVIEW.value}
    number = Application.objects.filter(**lookups).count()
    yield Figure(_("Loan applications to decide"), "loans.application", number, lookups, True)


def loan_figures() -> Iterable[Figure]:
    """Both counted in one go."""
    overdue, pending = {"status": LoanStatus.OVERDUE.value}, {"status": LoanStatus.PENDING.value}
    found = Loan.objects.aggregate(
        overdue=Count("pk", filter=Q(**overdue)), pending=Count("pk", filter=Q(**pending))
    )
    yield Figure(_("Loans overdue"), "loans.loan", found["overdue"], overdue, True)
    yield Figure(_("Loans to be paid out"), "loans.loan", found["pending"], pending, True)


def refund_figures() -> Iterable[Figure]:
    """The worker pays them out: those that stay are a provider's that does not answer."""
    lookups = {"status": RefundStatus.APPROVED.value}
    number = RepaymentRefund.objects.filter(**lookups).count()
    yield Figure(_("Refunds of repayments waiting"), "loans.repaymentrefund", number, lookups)
