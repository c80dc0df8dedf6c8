from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from recommender.chat.spending import month_of_calls
from recommender.models import ChatCall
from shop.admin.looking import OnlyLookedAt


@admin.register(ChatCall)
class ChatCallAdmin(OnlyLookedAt, admin.ModelAdmin[ChatCall]):
    """What was asked of the chat server, and what it cost. Neither the wish nor who had it is kept."""

    list_display = (
        "called_at", "model", "outcome", "cost", "tokens_read", "tokens_written", "milliseconds",
    )  # fmt: skip
    list_filter = ("outcome", "called_at", "model")
    list_per_page = 50
    show_full_result_count = False
    fields = readonly_fields = list_display

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "chat": month_of_calls()})
