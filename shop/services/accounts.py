"""What a customer does with the account itself."""

from django.db import IntegrityError, transaction

from shop.exceptions import EmailTaken, LoginNameTaken
from shop.models import Customer
from shop.models.customers import normal_email


def register(*, login_name: str, email: str | None, password: str) -> Customer:
    """Open an account. Raises LoginNameTaken or EmailTaken where somebody was faster."""
    try:
        with transaction.atomic():
            return Customer.objects.create_user(login_name, password, email=email)
    except IntegrityError as error:
        if Customer.objects.filter(email=normal_email(email)).exclude(email=None).exists():
            raise EmailTaken from error
        raise LoginNameTaken from error


def set_password(*, customer: Customer, password: str) -> None:
    """Every session that began with another password ends."""
    customer.set_password(password)
    customer.save(update_fields=("password",))
