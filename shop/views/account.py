"""A customer's own pages."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.exceptions import AccountTied, EmailTaken, NotAPicture, PictureTooLarge
from shop.forms.access import client_address
from shop.forms.account import AvatarForm, CloseAccountForm, ProfileForm
from shop.models import Customer
from shop.selectors.export import export_of
from shop.services import accounts
from shop.services.closing import close_account

Rest = ParamSpec("Rest")


class CustomerRequest(HttpRequest):
    """The request of somebody who is logged in."""

    user: Customer


def for_customers(
    view: Callable[Concatenate[CustomerRequest, Rest], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Rest], HttpResponse]:
    """Guests log in first; no cache keeps the page."""
    guarded = login_required(never_cache(view))
    return cast("Callable[Concatenate[HttpRequest, Rest], HttpResponse]", guarded)


@require_safe
@for_customers
def overview(request: CustomerRequest) -> HttpResponse:
    return render(request, "shop/account/overview.html")


@require_http_methods(["GET", "HEAD", "POST"])
@for_customers
def profile(request: CustomerRequest) -> HttpResponse:
    # A row of its own: a form that is refused has changed its instance, and the page shows request.user.
    customer = Customer.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=customer, address=client_address(request))
    if not form.is_valid():
        return profile_page(request, form)
    try:
        accounts.change_profile(
            customer=request.user,
            nickname=form.cleaned_data["nickname"],
            signature=form.cleaned_data["signature"],
            email=form.cleaned_data["email"],
        )
    except EmailTaken:
        form.add_error("email", _("Another account uses this e-mail address."))
        return profile_page(request, form)
    messages.success(request, _("Your profile is saved."))
    return redirect("shop:account")


def profile_page(request: HttpRequest, form: ProfileForm) -> HttpResponse:
    context = {"form": form, "avatar_form": AvatarForm()}
    return render(request, "shop/account/profile.html", context, status=422 if form.is_bound else 200)


@require_POST
@for_customers
def avatar(request: CustomerRequest) -> HttpResponse:
    form = AvatarForm(request.POST, request.FILES)
    if not form.is_valid():
        return avatar_page(request, form)
    try:
        accounts.change_avatar(customer=request.user, upload=form.cleaned_data["avatar"])
    except NotAPicture:
        form.add_error("avatar", _("This is not a picture we can read. Send a JPEG, PNG, WebP or GIF."))
        return avatar_page(request, form)
    except PictureTooLarge:
        form.add_error("avatar", _("This picture is too large: 8 MB and 40 million pixels are the most."))
        return avatar_page(request, form)
    messages.success(request, _("Your picture is changed."))
    return redirect("shop:profile")


def avatar_page(request: CustomerRequest, form: AvatarForm) -> HttpResponse:
    """The profile page with what is wrong with the picture."""
    profile_form = ProfileForm(instance=request.user, address=client_address(request))
    context = {"form": profile_form, "avatar_form": form}
    return render(request, "shop/account/profile.html", context, status=422)


@require_POST
@for_customers
def remove_avatar(request: CustomerRequest) -> HttpResponse:
    accounts.remove_avatar(customer=request.user)
    messages.success(request, _("Your picture is removed."))
    return redirect("shop:profile")


@require_safe
@for_customers
def export(request: CustomerRequest) -> HttpResponse:
    answer = JsonResponse(export_of(request.user), json_dumps_params={"ensure_ascii": False, "indent": 2})
    answer.headers["Content-Disposition"] = 'attachment; filename="larder-my-data.json"'
    return answer


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@for_customers
def close(request: CustomerRequest) -> HttpResponse:
    form = CloseAccountForm(request.POST or None, customer=request.user, address=client_address(request))
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "shop/account/close.html", {"form": form}, status=status)
    try:
        close_account(customer=request.user, remove_reviews=form.cleaned_data["remove_reviews"])
    except AccountTied as error:
        form.add_error(None, str(error.reason))
        return render(request, "shop/account/close.html", {"form": form}, status=409)
    logout(request)
    messages.success(request, _("Your account is closed. Thank you for having been here."))
    return redirect("shop:home")
