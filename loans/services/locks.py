"""Every lock of the loan desk, one function a table.

Who needs several takes them in this order, parents before children: customer, application, loan.
"""

from loans.models import Application, Loan, PolicyVersion


def lock_application(application_id: int) -> Application:
    """Other moves of the application wait."""
    return Application.objects.select_for_update().get(pk=application_id)


def lock_loan(loan_id: int) -> Loan:
    """Other moves of the loan, and of its ledger and its instalments, wait."""
    return Loan.objects.select_for_update().get(pk=loan_id)


def lock_policy(version_id: int) -> PolicyVersion:
    """Whoever else would write a version upon this one waits."""
    return PolicyVersion.objects.select_for_update().get(pk=version_id)
