"""What the shop leaves to the worker. Each task may run beside itself and twice."""

from celery import shared_task

from shop.services import expiry, forgetting, orders, outbox, reconciliation, sending


@shared_task
def deliver_outbox() -> None:
    sending.deliver_outbox()


@shared_task
def expire_orders() -> None:
    expiry.expire_unpaid_orders()


@shared_task
def complete_orders() -> None:
    orders.complete_delivered_orders()


@shared_task
def forget_old_data() -> None:
    forgetting.forget_old_data()


@shared_task
def reconcile() -> None:
    reconciliation.report_differences(
        prove=reconciliation.differences, tell=outbox.tell_the_desk, what="The shop's ledgers"
    )
