from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse

from shop import session_cart
from shop.exceptions import BuyingLocked
from shop.selectors.cart import cart_of
from shop.sentences import change_sentence
from shop.services.cart import merge_cart
from shop.session_cart import Wanted
from shop.views.baskets import buyer


class Login(LoginView):
    """Logging in, with the guest's cart in hand."""

    template_name = "shop/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        lines = take_guest_cart(self.request)
        response = super().form_valid(form)
        bring_cart(self.request, lines)
        return response


def take_guest_cart(request: HttpRequest) -> dict[int, Wanted]:
    """The guest's lines, for one taker: of two logins at once from one session, one deletes its row."""
    lines = {} if request.user.is_authenticated else session_cart.read(request.session)
    key = request.session.session_key
    if lines and Session.objects.filter(session_key=key).delete()[0]:
        return lines
    return {}


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
