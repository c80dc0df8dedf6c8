"""The address book."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.exceptions import AddressBookFull
from shop.forms.account import AddressForm
from shop.models import Address
from shop.regions import regions
from shop.selectors.customers import address_book
from shop.sentences import sentence
from shop.services import addresses
from shop.services.addresses import MOST_ADDRESSES
from shop.views.access import asked_next, where_next
from shop.views.account import CustomerRequest, for_customers


@require_safe
@for_customers
def book(request: CustomerRequest) -> HttpResponse:
    shown = address_book(request.user)
    context = {"addresses": shown, "is_full": len(shown) >= MOST_ADDRESSES}
    return render(request, "shop/account/addresses.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_customers
def new_address(request: CustomerRequest) -> HttpResponse:
    form = sent_form(request)
    if not form.is_valid():
        return address_page(request, form)
    try:
        addresses.add_address(
            customer=request.user, lines=form.lines(), make_default=form.cleaned_data["make_default"]
        )
    except AddressBookFull as full:
        form.add_error(None, sentence(full))
        return address_page(request, form)
    messages.success(request, _("The address is saved."))
    return redirect(where_next(request, "shop:addresses"))


@require_http_methods(["GET", "HEAD", "POST"])
@for_customers
def address(request: CustomerRequest, address_id: int) -> HttpResponse:
    shown = find_address(request, address_id)
    form = sent_form(request, shown)
    if not form.is_valid():
        return address_page(request, form)
    addresses.change_address(
        address=shown, lines=form.lines(), make_default=form.cleaned_data["make_default"]
    )
    messages.success(request, _("The address is saved."))
    return redirect(where_next(request, "shop:addresses"))


@require_POST
@for_customers
def delete_address(request: CustomerRequest, address_id: int) -> HttpResponse:
    addresses.delete_address(address=find_address(request, address_id))
    messages.success(request, _("The address is deleted."))
    return redirect("shop:addresses")


@require_POST
@for_customers
def make_default(request: CustomerRequest, address_id: int) -> HttpResponse:
    addresses.make_default(address=find_address(request, address_id))
    messages.success(request, _("Your default address is changed."))
    return redirect("shop:addresses")


@cache_control(public=True, max_age=86_400)
@require_safe
def region_names(request: HttpRequest) -> HttpResponse:
    """For static/js/regions.js."""
    return JsonResponse(regions(), json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})


def find_address(request: CustomerRequest, address_id: int) -> Address:
    return get_object_or_404(address_book(request.user), pk=address_id)


def sent_form(request: HttpRequest, instance: Address | None = None) -> AddressForm:
    """Without JavaScript the next step's names are asked for with a button: what was typed stays as it is."""
    if "choosing" in request.POST:
        return AddressForm(initial=request.POST.dict(), instance=instance)
    return AddressForm(request.POST or None, instance=instance)


def address_page(request: HttpRequest, form: AddressForm) -> HttpResponse:
    context = {"form": form, "next": asked_next(request)}
    return render(request, "shop/account/address.html", context, status=422 if form.is_bound else 200)
