from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shop import session_cart
from shop.exceptions import ShopError
from shop.forms.cart import QuantityForm
from shop.models import Product
from shop.sentences import sentence
from shop.services import cart as services
from shop.session_cart import Wanted
from shop.views.baskets import cart_summary, changing_cart, current_cart, page_before
from shop.views.pages import is_swap, page_or_part

Change = Callable[[HttpRequest, int, int], Wanted | None]


@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    shown = current_cart(request)
    context = {"cart": shown, "summary": cart_summary(request, shown)}
    return page_or_part(request, "shop/cart.html", "shop/_basket_swap.html", context)


@require_POST
def add(request: HttpRequest, product_id: int) -> HttpResponse:
    if is_swap(request):
        return stepped(request, product_id, _add, _("Added to your cart."))
    return changed(request, product_id, _add, _("Added to your cart."))


@require_POST
def take(request: HttpRequest, product_id: int) -> HttpResponse:
    if is_swap(request):
        return stepped(request, product_id, _take, _("Taken out of your cart."))
    return changed(request, product_id, _take, _("Taken out of your cart."))


@require_POST
def set_quantity(request: HttpRequest, product_id: int) -> HttpResponse:
    return changed(request, product_id, _set, _("Your cart is up to date."))


@require_POST
def remove(request: HttpRequest, product_id: int) -> HttpResponse:
    if request.user.is_authenticated:
        services.remove_from_cart(customer=request.user, product_id=product_id)
    with changing_cart(request):
        session_cart.put(request.session, product_id, None)
    messages.success(request, _("Taken out of your cart."))
    return redirect("shop:cart")


def changed(request: HttpRequest, product_id: int, change: Change, done: str) -> HttpResponse:
    """Change a line as the form says, and go back to where the shopper was."""
    form = QuantityForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["quantity"][0]))
        return redirect(page_before(request))
    try:
        make(change, request, product_id, form.cleaned_data["quantity"])
    except Product.DoesNotExist as error:
        raise Http404 from error
    except ShopError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, done)
    return redirect(f"{page_before(request)}#{place_of(request)}product-{product_id}")


def place_of(request: HttpRequest) -> str:
    """Of a page that shows a product on several shelves, the beginning of the id on the one in question."""
    shelf = request.GET.get("shelf", "")
    return f"{shelf}-" if shelf.isascii() and shelf.isalpha() else ""


def stepped(request: HttpRequest, product_id: int, change: Change, done: str) -> HttpResponse:
    """Change a line, and answer with what that changed: buttons that stay keep what is pressed next."""
    form = QuantityForm(request.POST)
    product = get_object_or_404(Product, pk=product_id)
    before, refusal = session_cart.quantity_of(request.session, product_id), ""
    if not form.is_valid():
        refusal = str(form.errors["quantity"][0])
    else:
        try:
            make(change, request, product_id, form.cleaned_data["quantity"])
        except ShopError as error:
            refusal = sentence(error)
    now = session_cart.quantity_of(request.session, product_id)
    is_same = bool(before and now and not refusal)
    context = {"product": product, "pieces": now, "is_same": is_same, "said": refusal or done}
    return render(request, "shop/_stepper_swap.html", context | {"refusal": refusal})


def make(change: Change, request: HttpRequest, product_id: int, quantity: int) -> None:
    with changing_cart(request):
        session_cart.put(request.session, product_id, change(request, product_id, quantity))


def _add(request: HttpRequest, product_id: int, quantity: int) -> Wanted | None:
    if request.user.is_authenticated:
        return services.add_to_cart(customer=request.user, product_id=product_id, quantity=quantity)
    lines = session_cart.read(request.session)
    before = lines.pop(product_id, None)
    return services.fitting_line(product_id, quantity + (before.quantity if before else 0), len(lines))


def _take(request: HttpRequest, product_id: int, quantity: int) -> Wanted | None:
    if request.user.is_authenticated:
        return services.take_from_cart(customer=request.user, product_id=product_id, quantity=quantity)
    before = session_cart.read(request.session).get(product_id)
    return services.fewer(before, quantity) if before else None


def _set(request: HttpRequest, product_id: int, quantity: int) -> Wanted | None:
    if request.user.is_authenticated:
        return services.set_quantity(customer=request.user, product_id=product_id, quantity=quantity)
    before = session_cart.read(request.session).get(product_id)
    if before and quantity <= before.quantity:
        return Wanted(quantity, before.price_seen)
    return services.fitting_line(product_id, quantity, 0)
