from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from shop.admin.audit import Audited
from shop.models import Review
from shop.models.reviews import ReviewStatus
from shop.services.reviews import moderate_reviews


@admin.register(Review)
class ReviewAdmin(Audited):
    """Reviews are read and moderated here; nobody rewrites or deletes what a customer wrote."""

    list_display = ("__str__", "product", "stars", "author_name", "status", "created_at")
    list_filter = ("status", "stars", "is_verified_purchase", "created_at")
    list_select_related = ("product",)
    search_fields = ("title", "body", "author_name", "product__name")
    list_per_page = 50
    show_full_result_count = False
    actions = ("publish", "hold", "reject")
    fields = readonly_fields = (
        "product", "customer", "order_item", "author_name", "stars", "title", "body", "helpful_votes",
        "is_verified_purchase", "source_id", "status", "created_at", "changed_at", "trail",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, chosen: "QuerySet[Review]") -> None:
        moderate(request, chosen, ReviewStatus.PUBLISHED)

    @admin.action(description=_("Hold back"), permissions=["change"])
    def hold(self, request: HttpRequest, chosen: "QuerySet[Review]") -> None:
        moderate(request, chosen, ReviewStatus.HELD)

    @admin.action(description=_("Reject"), permissions=["change"])
    def reject(self, request: HttpRequest, chosen: "QuerySet[Review]") -> None:
        moderate(request, chosen, ReviewStatus.REJECTED)


def moderate(request: HttpRequest, chosen: "QuerySet[Review]", status: ReviewStatus) -> None:
    review_ids = list(chosen.order_by("pk").values_list("pk", flat=True))
    changed = moderate_reviews(review_ids=review_ids, status=status, actor_id=request.user.pk)
    sentence = ngettext("%(n)d review is now %(status)s.", "%(n)d reviews are now %(status)s.", changed)
    messages.success(request, sentence % {"n": changed, "status": status.label})
