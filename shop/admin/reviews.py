from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from shop.admin.audit import Audited
from shop.forms.reviews import RejectionForm
from shop.models import Review
from shop.models.reviews import ReviewStatus
from shop.services.reviews import moderate_reviews, reject_reviews

CONFIRMED = "confirmed"  # sent by the page between choosing reviews and rejecting them


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
        "is_verified_purchase", "source_id", "status", "rejection_reason", "rejection_note", "created_at",
        "changed_at", "trail",
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

    @admin.action(description=_("Reject …"), permissions=["change"])
    def reject(self, request: HttpRequest, chosen: "QuerySet[Review]") -> HttpResponse | None:
        """Asks on a page of its own for the reason that the authors are told."""
        form = RejectionForm(request.POST if CONFIRMED in request.POST else None)
        if not form.is_valid():
            return ask(request, chosen, form)
        changed = reject_reviews(review_ids=ids_of(chosen), actor_id=request.user.pk, **form.cleaned_data)
        say(request, changed, ReviewStatus.REJECTED)
        return None


def ask(request: HttpRequest, chosen: "QuerySet[Review]", form: RejectionForm) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Why these reviews are rejected"),
        "confirmed": CONFIRMED,
        "checkbox": helpers.ACTION_CHECKBOX_NAME,
        "form": form,
        "reviews": chosen.select_related("product").order_by("pk"),
        "opts": Review._meta,
    }
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "admin/shop/review/reject.html", context, status=status)


def ids_of(chosen: "QuerySet[Review]") -> list[int]:
    return list(chosen.order_by("pk").values_list("pk", flat=True))


def moderate(request: HttpRequest, chosen: "QuerySet[Review]", status: ReviewStatus) -> None:
    changed = moderate_reviews(review_ids=ids_of(chosen), status=status, actor_id=request.user.pk)
    say(request, changed, status)


def say(request: HttpRequest, changed: int, status: ReviewStatus) -> None:
    sentence = ngettext("%(n)d review is now %(status)s.", "%(n)d reviews are now %(status)s.", changed)
    messages.success(request, sentence % {"n": changed, "status": status.label})
