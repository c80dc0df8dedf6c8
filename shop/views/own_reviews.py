"""The reviews that a customer wrote."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.exceptions import BuyingLocked
from shop.forms.reviews import ReviewForm
from shop.models import Review
from shop.selectors.reviews import reviews_by, with_labels
from shop.services.reviews import rewrite_review, withdraw_review
from shop.views.account import CustomerRequest, for_customers

ON_A_PAGE = 10


@require_safe
@for_customers
def own_reviews(request: CustomerRequest) -> HttpResponse:
    page = Paginator(reviews_by(request.user), ON_A_PAGE).get_page(request.GET.get("page"))
    page.object_list = with_labels(list(page.object_list))
    return render(request, "shop/account/reviews.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@for_customers
def own_review(request: CustomerRequest, review_id: int) -> HttpResponse:
    review = get_object_or_404(reviews_by(request.user), pk=review_id)
    written = {"stars": review.stars, "title": review.title, "body": review.body}
    form = ReviewForm(request.POST or None, initial=written)
    if not form.is_valid():
        return review_page(request, review, form, status=422 if form.is_bound else 200)
    try:
        rewrite_review(customer=request.user, review_id=review.pk, **form.cleaned_data)
    except BuyingLocked:
        form.add_error(None, _("Your account is locked: you may read, but not write reviews."))
        return review_page(request, review, form, status=403)
    except Review.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("Your review is changed."))
    return redirect("shop:own-reviews")


@require_POST
@for_customers
def delete_review(request: CustomerRequest, review_id: int) -> HttpResponse:
    try:
        withdraw_review(customer=request.user, review_id=review_id)
    except Review.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("Your review is deleted."))
    return redirect("shop:own-reviews")


def review_page(request: CustomerRequest, review: Review, form: ReviewForm, *, status: int) -> HttpResponse:
    return render(request, "shop/account/review.html", {"review": review, "form": form}, status=status)
