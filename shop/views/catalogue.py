from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from shop.forms.listing import criteria_from
from shop.models import Category, Product
from shop.selectors import catalogue
from shop.selectors.catalogue import Criteria, Sort
from shop.selectors.facets import facets_of

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
    }
    return render(
        request, "shop/category.html", context | listing(request, criteria_from(request.GET, shown))
    )


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    criteria = criteria_from(request.GET)
    return render(request, "shop/search.html", listing(request, criteria))


class CountedPaginator(Paginator[Product]):
    """Pages of a list whose length is known already."""

    count = 0

    def __init__(self, products: "QuerySet[Product]", count: int) -> None:
        super().__init__(products, ON_A_PAGE)
        self.count = count


def listing(request: HttpRequest, criteria: Criteria) -> dict[str, object]:
    """What templates/shop/_listing.html shows."""
    facets = facets_of(criteria)
    paginator = CountedPaginator(catalogue.listed_products(criteria), facets.total)
    page: Page[Product] = paginator.get_page(request.GET.get("page"))
    return {
        "criteria": criteria,
        "page": page,
        "sorts": Sort.choices,
        "facets": facets,
        "suggestions": [] if facets.total else catalogue.best_sellers(SUGGESTIONS),
    }
