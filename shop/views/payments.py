import logging
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop import session_cart
from shop.exceptions import CallbackUnverified, ProviderUnreachable
from shop.forms.orders import SandboxForm
from shop.models.payments import PaymentOutcome
from shop.payments import Addresses, open_providers, provider_named
from shop.payments.sandbox import PAGE_FIELDS, Play, play, verify
from shop.sentences import sentence
from shop.services.payments import ask_provider, record_callback
from shop.views.baskets import current_cart
from shop.views.orders import own_order

logger = logging.getLogger(__name__)


@never_cache
@login_required
@require_safe
def pay(request: HttpRequest, number: str) -> HttpResponse:
    """Before, during and after a payment; the address that a provider sends the shopper back to."""
    order = own_order(request, number)
    if session_cart.count(request.session):
        current_cart(request)  # ordering has emptied it, and leaves the session to this page
    last = order.payments.order_by("pk").last()
    context = {
        "order": order,
        "providers": open_providers() if order.is_awaiting_payment else [],
        "has_failed": bool(last and last.outcome == PaymentOutcome.FAILED),
        "is_mismatched": bool(last and last.outcome == PaymentOutcome.MISMATCHED),
        "is_back": "back" in request.GET,
    }
    return render(request, "shop/pay.html", context)


@login_required
@require_POST
def start(request: HttpRequest, number: str, provider_name: str) -> HttpResponse:
    """To the provider's page, with an order that still awaits its payment."""
    order, provider = own_order(request, number), provider_named(provider_name)
    if provider is None:
        raise Http404
    if not order.is_awaiting_payment:
        return redirect("shop:pay", number)
    addresses = Addresses(
        back=request.build_absolute_uri(reverse("shop:pay", args=(number,)) + "?back=1"),
        notify=request.build_absolute_uri(reverse("shop:payment-callback", args=(provider_name,))),
    )
    return redirect(provider.page_address(order, addresses))


@login_required
@require_POST
def check(request: HttpRequest, number: str) -> HttpResponse:
    """Ask the providers ourselves, where their callback is late."""
    order = own_order(request, number)
    try:
        for provider in open_providers():
            ask_provider(order=order, provider=provider)
    except ProviderUnreachable as error:
        logger.warning("order %s: %s", number, error)
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("We have asked: this is how it stands."))
    return redirect("shop:pay", number)


@csrf_exempt
@require_POST
def callback(request: HttpRequest, provider_name: str) -> HttpResponse:
    return answer_provider(request, provider_name, record_callback)


def answer_provider(request: HttpRequest, provider_name: str, record: Callable[..., object]) -> HttpResponse:
    """Have a provider's word recorded. Unsigned it changes nothing; said again it is thanked for again."""
    provider = provider_named(provider_name)
    if provider is None:
        raise Http404
    try:
        told = provider.read_callback(request.POST.dict())
        if told:
            record(callback=told)
    except CallbackUnverified as error:
        logger.warning("a callback to %s is refused: %s", provider_name, error)
        return HttpResponseBadRequest("refused", content_type="text/plain")
    return HttpResponse(provider.acknowledgement, content_type="text/plain")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sandbox(request: HttpRequest) -> HttpResponse:
    """The sandbox's own page, as a provider hosts one. It believes only what the shop has signed."""
    if provider_named("sandbox") is None:
        raise Http404
    try:
        fields = verify(request.GET.dict(), PAGE_FIELDS)
    except CallbackUnverified as error:
        raise Http404 from error
    form = SandboxForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        play(fields, Play(form.cleaned_data["play"]))
        return redirect(fields["back"])
    return render(request, "shop/sandbox.html", {"fields": fields, "plays": form.fields["play"]})
