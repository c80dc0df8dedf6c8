from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_cookie

from shop.exceptions import AlreadyReviewed, BuyingLocked, NotBought, ShopError
from shop.forms.reviews import ReviewForm, review_filter_from
from shop.models import Product, Review
from shop.models.reviews import ReviewStatus
from shop.selectors import catalogue, reviews
from shop.selectors.delivery import delivery_terms
from shop.sentences import sentence
from shop.services.history import record_view
from shop.services.reviews import post_review
from shop.views.history import viewer_to_remember

FEW = 5  # fewer than these are worth saying


@require_safe
def product(request: HttpRequest, product_id: int) -> HttpResponse:
    shown = find_product(request, product_id)
    if viewer := viewer_to_remember(request):
        record_view(viewer=viewer, product=shown)
    return product_page(request, shown, ReviewForm())


@require_safe
@vary_on_cookie
def product_tags(request: HttpRequest, product_id: int) -> HttpResponse:
    """The tag block alone, for the script that waits for a posted review's tags."""
    shown = get_object_or_404(Product, pk=product_id)
    context = {"product": shown, "tags": reviews.published_tags(shown)}
    return render(request, "shop/_tags.html", context)


@require_POST
def post_product_review(request: HttpRequest, product_id: int) -> HttpResponse:
    shown = find_product(request, product_id)
    if not request.user.is_authenticated:
        return redirect_to_login(f"{shown.get_absolute_url()}#write")
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return product_page(request, shown, form, status=422)
    try:
        review = post_review(customer=request.user, product=shown, **form.cleaned_data)
    except (AlreadyReviewed, BuyingLocked, NotBought) as error:
        form.add_error(None, why_not(error))
        return product_page(request, shown, form, status=409 if isinstance(error, AlreadyReviewed) else 403)
    if review.status == ReviewStatus.HELD:
        messages.success(request, _("Thank you. Your review is shown as soon as we have read it."))
        return redirect(f"{shown.get_absolute_url()}#reviews")
    messages.success(request, _("Thank you, your review is published."))
    return redirect(f"{shown.get_absolute_url()}?posted=1#tags")


def why_not(error: ShopError) -> str:
    if isinstance(error, BuyingLocked):
        return _("Your account is locked: you may read, but not write reviews.")
    return sentence(error)


def find_product(request: HttpRequest, product_id: int) -> Product:
    try:
        return reviews.product_for(request.user.pk, product_id)
    except Product.DoesNotExist as error:
        raise Http404 from error


def product_page(
    request: HttpRequest, shown: Product, form: ReviewForm, *, status: int = 200
) -> HttpResponse:
    wanted = review_filter_from(request.GET)
    parts = reviews.product_parts(shown)
    listed = reviews.ShownReviews(shown, wanted, reviews.count_of(wanted, parts.bars))
    page: Page[Review] = Paginator(listed, reviews.REVIEWS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "product": shown,
        "path": catalogue.path_to(shown.category),
        "pictures": parts.pictures,
        "tags": parts.tags,
        "delivery": delivery_terms(),
        "bars": parts.bars,
        "wanted": wanted,
        "page": page,
        "form": form,
        "is_few": 0 < shown.in_stock < FEW,
        "was_posted": "posted" in request.GET,
    }
    return render(request, "shop/product.html", context, status=status)
