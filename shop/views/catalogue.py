from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from shop.forms.listing import criteria_from
from shop.models import Category, Product
from shop.selectors import catalogue
from shop.selectors.catalogue import Criteria, Sort

ON_A_SHELF = 8  # of the home page
ON_A_PAGE = 24
SUGGESTIONS = 4


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    context = {"tiles": catalogue.department_tiles(), "shelves": catalogue.home_shelves(ON_A_SHELF)}
    return render(request, "shop/home.html", context)


@require_safe
def category(request: HttpRequest, category_id: int) -> HttpResponse:
    shown = get_object_or_404(Category.objects.open().select_related("parent__parent"), pk=category_id)
    context = {
        "category": shown,
        "path": catalogue.path_to(shown),
        "subcategories": catalogue.open_subcategories(shown),
    }
    return render(
        request, "shop/category.html", context | listing(request, criteria_from(request.GET, shown))
    )


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    criteria = criteria_from(request.GET)
    return render(request, "shop/search.html", listing(request, criteria))


def listing(request: HttpRequest, criteria: Criteria) -> dict[str, object]:
    """What templates/shop/_listing.html shows."""
    page: Page[Product] = Paginator(catalogue.listed_products(criteria), ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    is_empty = not page.paginator.count
    return {
        "criteria": criteria,
        "page": page,
        "sorts": Sort.choices,
        "facets": catalogue.tag_facets(criteria) if page.paginator.count > 1 else [],
        "suggestions": catalogue.best_sellers(SUGGESTIONS) if is_empty else [],
    }
