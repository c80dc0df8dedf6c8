from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shop.exceptions import NoDelivery, ShopError
from shop.forms.account import AddressForm
from shop.forms.checkout import CheckoutForm, CouponForm
from shop.models import Address
from shop.selectors.cart import Cart
from shop.selectors.checkout import Summary, delivery_rule, likely_rule, summary_for
from shop.sentences import sentence
from shop.services.checkout import Checkout, keep_address, place_order
from shop.services.coupons import redeem_code
from shop.views.addresses import sent_form
from shop.views.baskets import COUPON, buyer, current_cart, page_before


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return order(request)
    cart = current_cart(request)
    if not cart.lines or cart.has_problems:
        messages.error(request, _("Look over your cart first: not all of it can be ordered as it is."))
        return redirect("shop:cart")
    return checkout_page(request, cart)


def order(request: HttpRequest) -> HttpResponse:
    customer = buyer(request)
    form = CheckoutForm(request.POST, customer=customer)
    new_address = sent_form(request) if "receiver" in request.POST else None
    if new_address and new_address.is_valid():
        try:
            address = keep_address(customer=customer, lines=new_address.lines())
        except ShopError as error:
            return checkout_page(request, current_cart(request), form, new_address, error)
        form = CheckoutForm({**request.POST.dict(), "address": str(address.pk)}, customer=customer)
    if not form.is_valid():
        return checkout_page(request, current_cart(request), form, new_address)
    decided = Checkout(
        token=form.cleaned_data["token"],
        address=form.cleaned_data["address"],
        total_shown=form.cleaned_data["total"],
        coupon_id=form.cleaned_data["coupon"],
        note=form.cleaned_data["note"],
    )
    try:
        placed = place_order(customer=customer, checkout=decided)
    except ShopError as error:
        return checkout_page(request, current_cart(request), form, error=error)
    return redirect("shop:pay", placed.number)


@login_required
@require_POST
def choose_coupon(request: HttpRequest) -> HttpResponse:
    form = CouponForm(request.POST)
    form.is_valid()
    chosen, code = form.cleaned_data.get("coupon"), form.cleaned_data.get("code")
    try:
        if code:
            chosen = redeem_code(customer=buyer(request), code=code).pk
    except ShopError as error:
        messages.error(request, sentence(error))
    else:
        request.session[COUPON] = chosen
    return redirect(page_before(request))


def checkout_page(
    request: HttpRequest,
    cart: Cart,
    form: CheckoutForm | None = None,
    new_address: AddressForm | None = None,
    error: ShopError | None = None,
) -> HttpResponse:
    """The page with what it would cost now. With an error it stays where the shopper was."""
    customer = buyer(request)
    addresses = list(Address.objects.filter(customer=customer))
    chosen = _chosen(request, addresses)
    shown, problem = _summary(request, cart, chosen)
    status = 200 if form is None else 409 if error else 422
    error = error or problem
    context = {
        "cart": cart,
        "summary": shown,
        "addresses": addresses,
        "chosen": chosen,
        "form": form or CheckoutForm(customer=customer),
        "new_address": new_address or (AddressForm() if not addresses else None),
        "token": (form and form["token"].value()) or uuid4(),
        "error": sentence(error) if error else "",
    }
    return render(request, "shop/checkout.html", context, status=status)


def _chosen(request: HttpRequest, addresses: list[Address]) -> Address | None:
    """The address that the form or the link names, or the first: the default one."""
    wanted = request.POST.get("address") or request.GET.get("address")
    named = [address for address in addresses if str(address.pk) == wanted]
    return next(iter(named or addresses), None)


def _summary(request: HttpRequest, cart: Cart, address: Address | None) -> tuple[Summary, ShopError | None]:
    coupon_id, problem = request.session.get(COUPON), None
    try:
        rule = delivery_rule(address.province) if address else likely_rule(None)
    except NoDelivery as error:
        rule, problem = None, error
    return summary_for(cart.priced_lines, buyer(request), rule, coupon_id), problem
