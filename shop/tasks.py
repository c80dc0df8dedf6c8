"""What the shop leaves to the worker."""

from celery import shared_task

from shop.services import forgetting, mail


@shared_task
def mail_password_reset(customer_id: int, origin: str, language: str) -> None:
    mail.mail_password_reset(customer_id=customer_id, origin=origin, language=language)


@shared_task
def forget_old_data() -> None:
    forgetting.forget_old_data()
