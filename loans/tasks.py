"""What the loan desk leaves to the worker. Each task may run beside itself and twice."""

from celery import shared_task

from loans.services import ageing, applying, deciding, lending, news, reconciliation, refunds, retention
from shop.services.reconciliation import report_differences


@shared_task
def keep_desk() -> None:
    """What was cut short goes on, what nobody took up in time ends."""
    deciding.decide_left_behind()
    lending.disburse_left_behind()
    applying.expire_applications()


@shared_task
def age_loans() -> None:
    ageing.age_loans()


@shared_task
def pay_out_refunds() -> None:
    refunds.pay_out_refunds()


@shared_task
def purge_finances() -> None:
    retention.purge_finances()


@shared_task
def reconcile() -> None:
    report_differences(
        prove=reconciliation.loan_differences, tell=news.tell_loan_desk, what="The loan desk's ledger"
    )
