"""What a customer does with the account itself."""

from secrets import token_hex
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from shop.exceptions import EmailTaken, LoginNameTaken
from shop.models import Customer, Review
from shop.models.customers import normal_email
from shop.pictures import avatar_from
from shop.services.coupons import welcome_coupons
from shop.services.customers import customer_for_update


def register(*, login_name: str, email: str | None, password: str) -> Customer:
    """Open an account, with the coupons for new customers in it.

    Raises LoginNameTaken or EmailTaken where somebody was faster.
    """
    try:
        with transaction.atomic():
            customer = Customer.objects.create_user(login_name, password, email=email)
            welcome_coupons(customer=customer)
            return customer
    except IntegrityError as error:
        if Customer.objects.filter(email=normal_email(email)).exclude(email=None).exists():
            raise EmailTaken from error
        raise LoginNameTaken from error


def set_password(*, customer: Customer, password: str) -> None:
    """Every session that began with another password ends."""
    customer.set_password(password)
    customer.save(update_fields=("password",))


def change_profile(*, customer: Customer, nickname: str, signature: str, email: str | None) -> None:
    """The customer's reviews go under the new nickname. Raises EmailTaken."""
    try:
        with transaction.atomic():
            Customer.objects.filter(pk=customer.pk).update(
                nickname=nickname, signature=signature, email=normal_email(email)
            )
            Review.objects.filter(customer=customer).update(author_name=nickname or customer.login_name)
    except IntegrityError as error:
        raise EmailTaken from error


def change_avatar(*, customer: Customer, upload: IO[bytes]) -> str:
    """Replace the avatar; returns its name in the storage. Raises NotAPicture or PictureTooLarge."""
    picture = avatar_from(upload)
    name = default_storage.save(f"avatars/{token_hex(16)}.webp", ContentFile(picture))
    try:
        _set_avatar(customer.pk, name)
    except BaseException:
        default_storage.delete(name)
        raise
    return name


def remove_avatar(*, customer: Customer) -> None:
    _set_avatar(customer.pk, "")


def delete_file_on_commit(name: str) -> None:
    """Not before: a rollback would leave a row that names a file which is gone."""
    if name:
        transaction.on_commit(lambda: default_storage.delete(name))


@transaction.atomic
def _set_avatar(customer_id: int, name: str) -> None:
    customer = customer_for_update(customer_id)
    delete_file_on_commit(customer.avatar.name or "")
    Customer.objects.filter(pk=customer_id).update(avatar=name)
