from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


def normal_email(email: str | None) -> str | None:
    """In small letters, so that one mailbox is one customer; None rather than "", since it is unique."""
    return email.strip().lower() or None if email else None


class CustomerManager(BaseUserManager["Customer"]):
    """What Django's own commands and login ask of a user model."""

    def create_user(self, login_name: str, password: str | None = None, **fields: Any) -> "Customer":
        fields["email"] = normal_email(fields.get("email"))
        customer = self.model(login_name=self.model.normalize_username(login_name), **fields)
        customer.set_password(password)
        customer.save(using=self._db)
        return customer

    def create_superuser(self, login_name: str, password: str | None = None, **fields: Any) -> "Customer":
        return self.create_user(login_name, password, is_staff=True, is_superuser=True, **fields)


class Customer(AbstractBaseUser, PermissionsMixin):
    """Anybody who can log in: shoppers, and staff who see the admin."""

    login_name = models.CharField(
        _("login name"), max_length=64, unique=True, validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("This login name is taken: choose another.")},
    )  # fmt: skip
    email = models.EmailField(
        _("e-mail"), unique=True, null=True, blank=True,
        error_messages={"unique": _("Another account uses this e-mail address.")},
    )  # fmt: skip
    nickname = models.CharField(_("nickname"), max_length=64, blank=True)
    signature = models.CharField(_("signature"), max_length=200, blank=True)
    avatar = models.ImageField(_("avatar"), upload_to="avatars/", blank=True)
    is_locked = models.BooleanField(
        _("locked"), default=False, help_text=_("May read, but not buy or review.")
    )
    is_deleted = models.BooleanField(_("account closed"), default=False)
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May enter the admin."))
    joined_at = models.DateTimeField(_("joined at"), default=timezone.now, editable=False)
    session_generation = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[CustomerManager] = CustomerManager()

    USERNAME_FIELD = "login_name"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.nickname or self.login_name

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Sessions end when the password or the generation changes, in whatever store they are."""
        of_password = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        return salted_hmac(
            "shop.session-generation", f"{of_password}{self.session_generation}", secret, algorithm="sha256"
        ).hexdigest()

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # Django's name for "may log in"
        return not self.is_deleted
