from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shop.exceptions import ShopError
from shop.forms.orders import ReturnForm
from shop.models import Order
from shop.selectors.orders import orders_of, whole_orders
from shop.sentences import change_sentence, sentence
from shop.services import cart as carts
from shop.services import orders as services
from shop.services.refunds import request_refund
from shop.views.baskets import buyer

ON_A_PAGE = 10


@login_required
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    page = Paginator(orders_of(buyer(request)), ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "shop/orders.html", {"page": page})


@login_required
@require_safe
def order(request: HttpRequest, number: str) -> HttpResponse:
    shown = get_object_or_404(whole_orders(buyer(request)), number=number)
    return order_page(request, shown, ReturnForm(initial={"amount": shown.refundable}))


@login_required
@require_POST
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    chosen = own_order(request, number)
    try:
        services.cancel_order(order=chosen, customer=buyer(request))
    except ShopError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("The order is cancelled. What you paid goes back to you."))
    return redirect(chosen)


@login_required
@require_POST
def receive(request: HttpRequest, number: str) -> HttpResponse:
    chosen = own_order(request, number)
    try:
        services.complete_order(order=chosen, actor=buyer(request))
    except ShopError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("Thank you. Enjoy it, and tell others what it is like."))
    return redirect(chosen)


@login_required
@require_POST
def ask_for_return(request: HttpRequest, number: str) -> HttpResponse:
    shown = get_object_or_404(whole_orders(buyer(request)), number=number)
    form = ReturnForm(request.POST)
    if not form.is_valid():
        return order_page(request, shown, form, status=422)
    try:
        request_refund(order=shown, **form.cleaned_data)
    except ShopError as error:
        form.add_error(None, sentence(error))
        return order_page(request, shown, form, status=409)
    messages.success(request, _("We have your request and answer it within two days."))
    return redirect(shown)


@login_required
@require_POST
def reorder(request: HttpRequest, number: str) -> HttpResponse:
    try:
        changes = carts.reorder(customer=buyer(request), order=own_order(request, number))
    except ShopError as error:
        messages.error(request, sentence(error))
        return redirect("shop:order", number)
    for change in changes:
        messages.warning(request, change_sentence(change))
    messages.success(request, _("What can be had of that order is in your cart."))
    return redirect("shop:cart")


@login_required
@require_POST
def hide(request: HttpRequest, number: str) -> HttpResponse:
    try:
        services.hide_order(order=own_order(request, number))
    except ShopError as error:
        messages.error(request, sentence(error))
        return redirect("shop:order", number)
    messages.success(request, _("The order is no longer in your list."))
    return redirect("shop:orders")


def own_order(request: HttpRequest, number: str) -> Order:
    return get_object_or_404(Order.objects.shown(), number=number, customer=buyer(request))


def order_page(request: HttpRequest, shown: Order, form: ReturnForm, *, status: int = 200) -> HttpResponse:
    context = {"order": shown, "form": form}
    return render(request, "shop/order.html", context, status=status)
