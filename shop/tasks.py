"""What the worker does for the shop. Each task finds its work in the database and may run beside itself."""

from celery import shared_task

from shop.services import expiry, orders, sending


@shared_task
def deliver_outbox() -> None:
    sending.deliver_outbox()


@shared_task
def expire_orders() -> None:
    expiry.expire_unpaid_orders()


@shared_task
def complete_orders() -> None:
    orders.complete_delivered_orders()
