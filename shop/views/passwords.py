"""A new password: for who knows the old one, and for who forgot it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shop.exceptions import LoginDelayed
from shop.forms.access import (
    ChangePasswordForm,
    ForgottenPasswordForm,
    NewPasswordForm,
    client_address,
    sentence_about_wait,
)
from shop.selectors.customers import customer_reached_at
from shop.services.login_delays import claim_reset_mail
from shop.services.outbox import queue_reset_mail

NOBODY = 0


@require_http_methods(["GET", "HEAD", "POST"])
def forgotten_password(request: HttpRequest) -> HttpResponse:
    """The answer is the same, in words, time and waiting, whether anybody has the e-mail address."""
    form = ForgottenPasswordForm(request.POST or None)
    if not form.is_valid():
        return render(
            request, "shop/forgotten_password.html", {"form": form}, status=422 if form.errors else 200
        )
    email = form.cleaned_data["email"]
    try:
        claim_reset_mail(email=email, address=client_address(request))
    except LoginDelayed as delayed:
        form.add_error(None, sentence_about_wait(delayed.seconds))
        answer = render(request, "shop/forgotten_password.html", {"form": form}, status=429)
        answer.headers["Retry-After"] = str(delayed.seconds)
        return answer
    customer = customer_reached_at(email)
    queue_reset_mail(
        customer_id=customer.pk if customer else NOBODY,
        origin=f"{request.scheme}://{request.get_host()}",
        language=get_language() or "en",
    )
    return redirect("shop:reset-mail-sent")


@require_safe
def reset_mail_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/reset_mail_sent.html")


class NewPassword(PasswordResetConfirmView):
    template_name = "shop/new_password.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("shop:login")

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:  # type: ignore[type-arg]
        messages.success(self.request, _("Your password is changed. Log in with the new one."))
        return super().form_valid(form)


class ChangePassword(PasswordChangeView):
    template_name = "shop/account/password.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("shop:account")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"address": client_address(self.request)}

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, _("Your password is changed. Other devices are logged out."))
        return super().form_valid(form)
