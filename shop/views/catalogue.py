from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from shop.forms.listing import criteria_from
from shop.models import Category, Product
from shop.selectors import catalogue
from shop.selectors.catalogue import Criteria, Sort, top_tags
from shop.selectors.facets import facets_of
from shop.selectors.home import home_page
from shop.views.pages import page_or_part

ON_A_PAGE = 24
SUGGESTIONS = 4


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    shown = home_page()
    return render(request, "shop/home.html", {"home": shown, "departments": shown.departments})


@require_safe
def category(request: HttpRequest, category_id: int) -> HttpResponse:
    shown = get_object_or_404(Category.objects.open().select_related("parent__parent"), pk=category_id)
    context = {"category": shown, "path": catalogue.path_to(shown)}
    context |= listing(request, criteria_from(request.GET, shown))
    return page_or_part(request, "shop/category.html", "shop/_results.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    criteria = criteria_from(request.GET)
    return page_or_part(request, "shop/search.html", "shop/_results.html", listing(request, criteria))


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """For the search box, as somebody types."""
    criteria = criteria_from(request.GET)
    products = catalogue.suggested_products(criteria.text)
    said = ngettext("%(n)d suggestion", "%(n)d suggestions", len(products)) % {"n": len(products)}
    context = {"products": products, "text": criteria.text, "said": said if products else ""}
    return render(request, "shop/_suggested.html", context)


def sorts_of(criteria: Criteria) -> list[tuple[str, str]]:
    """The usual order of a search is another than that of a shelf."""
    return [
        (value, _("Best match") if criteria.text and value == Sort.POPULAR else str(name))
        for value, name in Sort.choices
    ]


def listing(request: HttpRequest, criteria: Criteria) -> dict[str, object]:
    """What templates/shop/_listing.html shows."""
    criteria = catalogue.looked_up(criteria)
    facets = facets_of(criteria)
    products = catalogue.ListedProducts(criteria, facets.total)
    page: Page[Product] = Paginator(products, ON_A_PAGE).get_page(request.GET.get("page"))
    return {
        "criteria": criteria,
        "page": page,
        "sorts": sorts_of(criteria),
        "facets": facets,
        "suggestions": []
        if facets.total
        else catalogue.best_sellers(SUGGESTIONS).prefetch_related(top_tags()),
    }
