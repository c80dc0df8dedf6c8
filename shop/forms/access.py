"""Logging in, registering, and new passwords."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import (
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
    SetPasswordForm,
    UsernameField,
)
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from shop.exceptions import LoginDelayed
from shop.models import Customer
from shop.models.customers import normal_email
from shop.services.accounts import set_password
from shop.services.login_delays import claim_login_attempt, forgive_login_attempt


class LoginForm(AuthenticationForm):
    """Checks no password before its time: `wait` is then how many seconds are missing."""

    wait = 0

    def clean(self) -> dict[str, Any]:
        login_name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not login_name or not password or self.request is None:
            return super().clean()
        try:
            attempt = claim_login_attempt(login_name=login_name, address=client_address(self.request))
        except LoginDelayed as delayed:
            self.wait = delayed.seconds
            raise ValidationError(sentence_about_wait(delayed.seconds), code="delayed") from delayed
        cleaned = super().clean()
        forgive_login_attempt(attempt)
        return cleaned


class StaffLoginForm(LoginForm, AdminAuthenticationForm):
    """The admin's own door, with the same delay."""


class RegistrationForm(BaseUserCreationForm[Customer]):
    class Meta:
        model = Customer
        fields = ("login_name", "email")
        field_classes: ClassVar = {"login_name": UsernameField}
        help_texts: ClassVar = {
            "login_name": _("Letters, digits and @ . + - _ without spaces."),
            "email": _("Optional. It is how you get back in after a forgotten password."),
        }
        widgets: ClassVar = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}

    def clean_login_name(self) -> str:
        """SQLite tells Alice from alice; people do not."""
        login_name: str = self.cleaned_data["login_name"]
        if Customer.objects.filter(login_name__iexact=login_name).exists():
            raise ValidationError(_("This login name is taken: choose another."))
        return login_name

    def clean_email(self) -> str | None:
        return normal_email(self.cleaned_data["email"])


class ForgottenPasswordForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]  # not subscriptable at run time
    user: Customer

    def save(self, commit: bool = True) -> Customer:
        set_password(customer=self.user, password=self.cleaned_data["new_password1"])
        return self.user


class ChangePasswordForm(PasswordChangeForm):
    user: Customer

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        confirm_password(self.user, password, self.address)
        return password

    def save(self, commit: bool = True) -> Customer:
        set_password(customer=self.user, password=self.cleaned_data["new_password1"])
        return self.user


def confirm_password(customer: Customer, password: str, address: str) -> None:
    """Raises ValidationError where it is wrong: a borrowed session guesses no faster than the login page."""
    try:
        attempt = claim_login_attempt(login_name=customer.login_name, address=address)
    except LoginDelayed as delayed:
        raise ValidationError(sentence_about_wait(delayed.seconds), code="delayed") from delayed
    if not customer.check_password(password):
        raise ValidationError(_("This is not your password."), code="wrong_password")
    forgive_login_attempt(attempt)


def client_address(request: HttpRequest) -> str:
    """Whom the outermost of our own proxies saw; what is written left of that anybody can make up."""
    if not settings.PROXIES:
        return str(request.META.get("REMOTE_ADDR", ""))
    seen = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    return seen[-min(settings.PROXIES, len(seen))].strip()


def sentence_about_wait(seconds: int) -> str:
    if seconds <= 90:
        return ngettext(
            "Too many failed logins. Try again in %(n)d second.",
            "Too many failed logins. Try again in %(n)d seconds.",
            seconds,
        ) % {"n": seconds}
    minutes = -(-seconds // 60)
    return ngettext(
        "Too many failed logins. Try again in %(n)d minute.",
        "Too many failed logins. Try again in %(n)d minutes.",
        minutes,
    ) % {"n": minutes}
