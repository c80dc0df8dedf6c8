"""The report that `manage.py recommender_report` prints, as a page, with what the chat server cost."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from recommender.chat.spending import month_of_calls
from recommender.reporting import report
from shop.figures import may_see

READERS = ("recommender.impression", "recommender.placement")  # who may look at one of these
DAYS = (7, 30, 90)
USUAL_DAYS = 30


def report_page(request: HttpRequest) -> HttpResponse:
    if not any(may_see(request.user, model) for model in READERS):
        raise PermissionDenied
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, DAYS) else USUAL_DAYS
    found = report(days)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": gettext("How the four do"),
        "days": days,
        "choices": DAYS,
        "report": found,
        "places": [
            (place, *map(percent, (place.click_through, place.stood_in, place.told_by_tag)))
            for place in found.places
        ],
        "coverage": percent(found.coverage),
        "chat": month_of_calls() if may_see(request.user, "recommender.chatcall") else None,
    }
    return TemplateResponse(request, "admin/recommender/report.html", context)


def percent(share: float) -> str:
    return f"{share:.1%}"
