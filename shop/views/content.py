from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from shop.selectors.home import current_announcements

ON_A_PAGE = 20


@require_safe
def announcements(request: HttpRequest) -> HttpResponse:
    page = Paginator(current_announcements(), ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "shop/announcements.html", {"page": page})


@require_safe
def announcement(request: HttpRequest, announcement_id: int) -> HttpResponse:
    shown = get_object_or_404(current_announcements(), pk=announcement_id)
    return render(request, "shop/announcement.html", {"announcement": shown})
