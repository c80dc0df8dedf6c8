from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shop.exceptions import ShopError
from shop.selectors.coupons import claimable_coupons, held_coupons
from shop.sentences import sentence
from shop.services.coupons import claim_coupon
from shop.views.baskets import buyer


@login_required
@require_safe
def coupons(request: HttpRequest) -> HttpResponse:
    context = {"held": held_coupons(buyer(request)), "claimable": claimable_coupons(buyer(request))}
    return render(request, "shop/coupons.html", context)


@login_required
@require_POST
def claim(request: HttpRequest, coupon_id: int) -> HttpResponse:
    try:
        claim_coupon(customer=buyer(request), coupon_id=coupon_id)
    except ShopError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("The coupon is yours: choose it in your cart."))
    return redirect("shop:coupons")
