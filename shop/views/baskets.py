"""What the views of cart, checkout and login share: whose cart it is, and where a form came from."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from shop import session_cart
from shop.exceptions import BuyingLocked
from shop.models import Customer
from shop.selectors.cart import Cart, cart_from, cart_of
from shop.selectors.checkout import Summary, likely_rule, summary_for
from shop.sentences import change_sentence
from shop.services.cart import merge_cart
from shop.session_cart import Wanted
from shop.sessions import SessionStore

COUPON = "coupon"  # the chosen one's id, in the session


def current_cart(request: HttpRequest) -> Cart:
    """The customer's cart or the guest's; the session then shows the same."""
    if request.user.is_authenticated:
        shown = cart_of(request.user)
        session_cart.write(request.session, shown.wanted)
        return shown
    return cart_from(session_cart.read(request.session))


def page_before(request: HttpRequest) -> str:
    """Where the form says it was sent from, if that is a page of ours; otherwise the cart."""
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return address
    return reverse("shop:cart")


def cart_summary(request: HttpRequest, cart: Cart) -> Summary:
    """What the cart costs: to the default address, or wherever delivery costs the same."""
    customer = buyer(request) if request.user.is_authenticated else None
    return summary_for(cart.priced_lines, customer, likely_rule(customer), request.session.get(COUPON))


def buyer(request: HttpRequest) -> Customer:
    """Who is logged in, where a page has made sure that somebody is."""
    customer: Any = request.user
    assert isinstance(customer, Customer)  # noqa: S101 (every caller has looked)
    return customer


@contextmanager
def changing_cart(request: HttpRequest) -> Iterator[None]:
    """A guest's cart changes here in one tab after the other; a customer's is rows, which services lock."""
    if request.user.is_authenticated:
        yield
        return
    session = session_of(request)
    with transaction.atomic():
        is_stored = session.renew()
        yield
        if is_stored and session.modified:
            session.save()


@transaction.atomic
def take_guest_cart(request: HttpRequest) -> dict[int, Wanted]:
    """The guest's lines, for one taker: of two logins at once from one session, one deletes its row."""
    if request.user.is_authenticated or not session_cart.read(request.session):
        return {}
    if not session_of(request).renew():
        return {}
    lines = session_cart.read(request.session)
    Session.objects.filter(session_key=request.session.session_key).delete()
    return lines


def session_of(request: HttpRequest) -> SessionStore:
    session: Any = request.session
    assert isinstance(session, SessionStore)  # noqa: S101 (as the settings name it)
    return session


def bring_cart(request: HttpRequest, lines: dict[int, Wanted]) -> None:
    """Put a guest's lines into the cart of who has just logged in, and say what did not fit."""
    customer = buyer(request)
    try:
        changes = merge_cart(customer=customer, lines=lines) if lines else ()
    except BuyingLocked:
        changes = ()
    for change in changes:
        messages.warning(request, change_sentence(change))
    session_cart.write(request.session, cart_of(customer).wanted)
