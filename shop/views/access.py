"""In and out: log in, log out, register."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from shop.exceptions import EmailTaken, LoginDelayed, LoginNameTaken
from shop.forms.access import LoginForm, RegistrationForm, client_address
from shop.selectors.coupons import usable_coupons
from shop.services.accounts import register
from shop.services.history import adopt_views
from shop.services.login_delays import claim_registration
from shop.views.baskets import bring_cart, take_guest_cart
from shop.views.history import visitor_of


class LogIn(LoginView):
    template_name = "shop/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        visitor, lines = visitor_of(self.request), take_guest_cart(self.request)
        answer = super().form_valid(form)
        adopt_views(visitor=visitor, customer=form.get_user())
        bring_cart(self.request, lines)
        messages.success(self.request, _("Welcome, %(name)s.") % {"name": form.get_user()})
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return told_to_wait(super().form_invalid(form), form)


def staff_log_in(request: HttpRequest) -> HttpResponse:
    """The admin's own page, with the status that a wait has."""
    answer = admin.site.login(request)
    shown = answer.context_data if isinstance(answer, TemplateResponse) else None
    return told_to_wait(answer, shown["form"]) if shown else answer


def told_to_wait(answer: HttpResponse, form: AuthenticationForm) -> HttpResponse:
    if wait := cast("LoginForm", form).wait:
        answer.status_code = 429
        answer.headers["Retry-After"] = str(wait)
    return answer


class LogOut(LogoutView):
    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        answer = super().post(request, *args, **kwargs)
        messages.success(request, _("You are logged out."))
        return answer


@sensitive_post_parameters("password1", "password2")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def registration(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(where_next(request))
    form = RegistrationForm(request.POST or None)
    if not form.is_valid():
        return registration_page(request, form)
    try:
        claim_registration(address=client_address(request))
        customer = register(
            login_name=form.cleaned_data["login_name"],
            email=form.cleaned_data["email"],
            password=form.cleaned_data["password1"],
        )
    except LoginDelayed as delayed:
        form.add_error(None, _("Many accounts were opened from here. Wait some minutes, then try again."))
        answer = registration_page(request, form, status=429)
        answer.headers["Retry-After"] = str(delayed.seconds)
        return answer
    except LoginNameTaken:
        form.add_error("login_name", _("This login name is taken: choose another."))
        return registration_page(request, form)
    except EmailTaken:
        form.add_error("email", _("Another account uses this e-mail address."))
        return registration_page(request, form)
    visitor, lines = visitor_of(request), take_guest_cart(request)
    login(request, customer)
    adopt_views(visitor=visitor, customer=customer)
    bring_cart(request, lines)
    messages.success(request, _("Welcome to Larder, %(name)s.") % {"name": customer})
    if usable_coupons(customer):
        messages.success(request, _("A coupon is waiting for you in your cart."))
    return redirect(where_next(request))


def registration_page(
    request: HttpRequest, form: RegistrationForm, *, status: int | None = None
) -> HttpResponse:
    context = {"form": form, "next": asked_next(request)}
    status = status or (422 if form.is_bound else 200)
    return render(request, "shop/register.html", context, status=status)


def asked_next(request: HttpRequest) -> str:
    return request.POST.get("next") or request.GET.get("next") or ""


def where_next(request: HttpRequest, otherwise: str = "shop:home") -> str:
    """The page that was asked for on the way here, if it is one of ours."""
    asked = asked_next(request)
    is_ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if is_ours else resolve_url(otherwise)
