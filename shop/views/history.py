"""What somebody looked at: customers and guests see it, and erase it."""

from secrets import token_hex

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shop.selectors.history import Viewer, seen_product_ids, seen_products
from shop.services.history import erase_views

ON_A_PAGE = 24
VISITOR = "visitor"  # the key in a guest's session; it outlives the session's own


@never_cache
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    page = Paginator(seen_product_ids(viewer_of(request)), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "seen": seen_products(list(page)), "days": settings.BROWSING_HISTORY_DAYS}
    return render(request, "shop/account/history.html", context)


@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    erase_views(viewer=viewer_of(request))
    messages.success(request, _("Your history is erased."))
    return redirect("shop:history")


@require_POST
def erase_product(request: HttpRequest, product_id: int) -> HttpResponse:
    erase_views(viewer=viewer_of(request), product_id=product_id)
    return redirect("shop:history")


def viewer_of(request: HttpRequest) -> Viewer:
    if request.user.is_authenticated:
        return Viewer(customer_id=request.user.pk)
    return Viewer(visitor=visitor_of(request))


def viewer_to_remember(request: HttpRequest) -> Viewer | None:
    """Nobody for who sends no cookie back, as crawlers do: each would be a new visitor on every page."""
    if request.method != "GET" or not request.COOKIES:
        return None
    if not request.user.is_authenticated and not visitor_of(request):
        request.session[VISITOR] = token_hex(16)
    return viewer_of(request)


def visitor_of(request: HttpRequest) -> str:
    return str(request.session.get(VISITOR, ""))
