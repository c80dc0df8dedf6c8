"""The queue of applications, an applicant's picture, and an officer's decision about them."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from loans.admin.forms import ApproveForm, DeclineForm
from loans.admin.reading import ReadOnly
from loans.admin.words import SCORE_WORDS, Worded, band_words, refusal, words
from loans.exceptions import ApplicationMoved, LoanError, OverExposure, Unschedulable
from loans.models import Application
from loans.models.applications import ApplicationStatus
from loans.selectors.eligibility import current_policy
from loans.selectors.queue import (
    listed_applications,
    picture_of,
    queue_order,
    standing_ruling,
)
from loans.services.looking import look_at_finances
from loans.services.reviewing import approve_application, decline_application
from shop.models import Customer
from shop.templatetags.shelves import price


@admin.register(Application)
class ApplicationAdmin(ReadOnly):
    list_display = ("number", "customer", "amount", "months", "band", "since", "status")
    list_filter = ("status", "submitted_at", "asked_for_review_at")
    search_fields = ("number", "customer__login_name")
    search_help_text = gettext_lazy("Number or login name")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Application]":
        return listed_applications()

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return queue_order()

    @admin.display(description=gettext_lazy("band"), ordering="last_band")
    def band(self, application: Application) -> str:
        return band_words(getattr(application, "last_band", None))

    @admin.display(description=gettext_lazy("stands so for"), ordering="changed_at")
    def since(self, application: Application) -> str:
        return timesince(application.changed_at, depth=1)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<int:pk>/{name}/", self._posted_to(view), name=f"loans_application_{name}")
            for name, view in (
                ("approve", self.approve), ("decline", self.decline), ("finances", self.show_finances),
            )
        ]  # fmt: skip
        return own + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The applicant's picture. It has no form to save."""
        application = self.get_object(request, object_id)
        if not self.has_view_permission(request, application):
            raise PermissionDenied
        if application is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self.picture(request, application)

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        application = self.application(pk)
        officer = self.officer_of(request, application)
        form = ApproveForm(current_policy().policy, application, request.POST)
        if not form.is_valid():
            return self.picture(request, application, approve=form, status=422)
        ruling = form.ruling()
        try:
            approve_application(application=application, officer=officer, ruling=ruling)
        except ApplicationMoved as error:
            earlier = standing_ruling(application, officer, ruling.reason)
            offers = earlier.offers.all() if earlier else []
            if (ruling.principal, ruling.months) not in {(each.principal, each.months) for each in offers}:
                return self.refused(request, application, error)
        except (OverExposure, Unschedulable) as error:
            form.add_error("amount", refusal(error))
            return self.picture(request, application, approve=form, status=422)
        except LoanError as error:
            form.add_error(None, refusal(error))
            return self.picture(request, application, approve=form, status=409)
        facts = {"amount": price(ruling.principal), "months": ruling.months}
        return self.done(request, application, _("%(amount)s over %(months)d months are offered.") % facts)

    def decline(self, request: HttpRequest, pk: int) -> HttpResponse:
        application = self.application(pk)
        officer = self.officer_of(request, application)
        form = DeclineForm(request.POST)
        if not form.is_valid():
            return self.picture(request, application, decline=form, status=422)
        reason = form.cleaned_data["reason"]
        try:
            decline_application(application=application, officer=officer, reason=reason)
        except ApplicationMoved as error:
            earlier = standing_ruling(application, officer, reason)
            if earlier is None or earlier.status != ApplicationStatus.DECLINED:
                return self.refused(request, application, error)
        except LoanError as error:
            form.add_error(None, refusal(error))
            return self.picture(request, application, decline=form, status=409)
        return self.done(request, application, _("The application is declined."))

    def show_finances(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asked for expressly, and written down with who and when."""
        application = self.application(pk)
        officer = self.officer_of(request, application)
        try:
            finances = look_at_finances(application=application, officer=officer)
        except LoanError as error:
            return self.refused(request, application, error)
        return self.picture(request, application, finances=finances)

    def picture(
        self, request: HttpRequest, application: Application, status: int = 200, **shown: Any
    ) -> HttpResponse:
        """The page; `shown` are forms that were refused, or finances that were asked for."""
        may_act = self.may_act(request) and application.customer_id != request.user.pk
        is_to_decide = may_act and application.status == ApplicationStatus.IN_REVIEW
        picture = picture_of(application)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Application %(number)s") % {"number": application.number},
            "opts": self.opts,
            "picture": picture,
            "decisions": [Worded.of(decision) for decision in picture.decisions],
            "band": band_words(picture.limit.score.band) if picture.limit else "",
            "score_words": words(picture.limit.score.reasons, SCORE_WORDS) if picture.limit else [],
            "may_act": may_act,
            "is_own": application.customer_id == request.user.pk,
            "approve": ApproveForm(current_policy().policy, application) if is_to_decide else None,
            "decline": DeclineForm() if is_to_decide else None,
        }
        page = "admin/loans/application/picture.html"
        return TemplateResponse(request, page, context | shown, status=status)

    def application(self, pk: int) -> Application:
        return get_object_or_404(Application.objects.select_related("customer"), pk=pk)

    def officer_of(self, request: HttpRequest, application: Application) -> Customer:
        """Who may act on it: nobody on their own. Raises PermissionDenied."""
        officer = self.officer(request)
        if application.customer_id == officer.pk:
            raise PermissionDenied
        return officer

    def refused(self, request: HttpRequest, application: Application, error: LoanError) -> HttpResponse:
        messages.error(request, refusal(error))
        application.refresh_from_db()
        return self.picture(request, application, status=409)

    def done(self, request: HttpRequest, application: Application, said: str) -> HttpResponse:
        messages.success(request, said)
        return redirect("admin:loans_application_change", application.pk)

    def _posted_to(self, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        return self.admin_site.admin_view(require_POST(view))
