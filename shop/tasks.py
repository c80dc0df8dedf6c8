"""What the shop leaves to the worker."""

from celery import shared_task

from shop.services import mail


@shared_task
def mail_password_reset(customer_id: int, origin: str, language: str) -> None:
    mail.mail_password_reset(customer_id=customer_id, origin=origin, language=language)
