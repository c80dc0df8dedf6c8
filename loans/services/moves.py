"""Moving applications and loans along: compare and set, and an event and the audit trail that say who did."""

from django.utils import timezone

from loans.exceptions import ApplicationMoved, LoanMoved
from loans.models import Application, ApplicationEvent, Loan, LoanEvent
from loans.models.applications import APPLICATION_MOVES, OPEN, ApplicationStatus
from loans.models.loans import LOAN_MOVES, LoanStatus
from shop.models import Customer
from shop.services.audit import record


def move_application(
    application: Application, status: ApplicationStatus, actor: Customer | None, **fields: object
) -> None:
    """In the caller's transaction; `fields` change with it. Raises ApplicationMoved."""
    before = application.status
    allowed = [origin for origin, after in APPLICATION_MOVES.items() if status in after]
    moved = Application.objects.filter(pk=application.pk, status__in=allowed).update(
        status=status,
        open_for=application.customer_id if status in OPEN else None,
        changed_at=timezone.now(),
        **fields,
    )
    application.refresh_from_db()
    if not moved:
        raise ApplicationMoved(application)
    ApplicationEvent.objects.create(application=application, status=status, actor=actor)
    record(actor=actor, target=application, field="status", before=before, after=status)


def move_loan(
    loan: Loan, status: LoanStatus, actor: Customer | None, *, note: str = "", **fields: object
) -> None:
    """In the caller's transaction; `fields` change with it. Raises LoanMoved."""
    before = loan.status
    allowed = [origin for origin, after in LOAN_MOVES.items() if status in after]
    moved = Loan.objects.filter(pk=loan.pk, status__in=allowed).update(
        status=status, changed_at=timezone.now(), **fields
    )
    loan.refresh_from_db()
    if not moved:
        raise LoanMoved(loan)
    LoanEvent.objects.create(loan=loan, status=status, actor=actor, note=note)
    record(actor=actor, target=loan, field="status", before=before, after=status)
