"""Versions of the desk's policy: a new one is written in a form, and none is ever changed."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loans.admin.forms import PolicyForm
from loans.admin.reading import ReadOnly
from loans.admin.words import ANSWER_WORDS, POLICY_WORDS, band_words, refusal
from loans.exceptions import LoanError
from loans.models import PolicyVersion
from loans.selectors.eligibility import current_policy
from loans.services.policies import decided_anew, write_policy
from shop.models import Customer


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnly):
    list_display = ("__str__", "note", "created_by", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("note",)
    change_form_template = "admin/loans/policyversion/read.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("loans.add_policyversion")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Its page is a table below."""
        return [name for name in super().get_readonly_fields(request, obj) if name != "page"]

    def get_urls(self) -> list[URLPattern]:
        wrapped: Callable[..., Any] = self.admin_site.admin_view
        preview = path("preview/", wrapped(require_POST(self.preview)), name="loans_policyversion_preview")
        return [preview, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        version: PolicyVersion = context["original"]
        before = PolicyVersion.objects.filter(pk__lt=version.pk).order_by("-pk").first()
        shown = context | {"before": before, "rows": list(table_of(version, before))}
        return super().render_change_form(request, shown, *args, **kwargs)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        author, newest = self.author(request), current_policy()
        if request.method != "POST":
            return self.page(request, PolicyForm(newest))
        form = PolicyForm(newest, request.POST)
        if not form.is_valid():
            return self.page(request, form, status=422)
        told = form.cleaned_data
        try:
            written = write_policy(
                policy=form.policy, note=told["note"], author=author, basis_id=told["basis"].pk
            )
        except LoanError as error:
            form.add_error(None, refusal(error))
            return self.page(request, form, status=409)
        messages.success(request, _("%(policy)s is in force.") % {"policy": written})
        return redirect("admin:loans_policyversion_changelist")

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What the draft would have made of past applications. Nothing is written."""
        self.author(request)
        form = PolicyForm(current_policy(), request.POST)
        form.fields["note"].required = False
        if not form.is_valid():
            return self.page(request, form, status=422)
        try:
            found = decided_anew(form.policy)
        except LoanError as error:
            form.add_error(None, refusal(error))
            return self.page(request, form, status=503)
        rows = [(ANSWER_WORDS[row.before], ANSWER_WORDS[row.after], row) for row in found.rows]
        return self.page(request, form, found=found, rows=rows)

    def page(self, request: HttpRequest, form: PolicyForm, status: int = 200, **shown: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("A new version of the policy"), "opts": self.opts, "form": form,
        }  # fmt: skip
        page = "admin/loans/policyversion/write.html"
        return TemplateResponse(request, page, context | shown, status=status)

    def author(self, request: HttpRequest) -> Customer:
        """Raises PermissionDenied."""
        author: Any = request.user
        if not self.has_add_permission(request):
            raise PermissionDenied
        assert isinstance(author, Customer)  # noqa: S101 (the admin lets nobody else in)
        return author


def table_of(version: PolicyVersion, before: PolicyVersion | None) -> Iterator[tuple[str, object, object]]:
    """What it says of each number, and what the version before it said."""
    page, old = version.page, before.page if before else {}
    for key, value in page.items():
        if isinstance(value, dict):
            for band, number in value.items():
                yield f"{POLICY_WORDS[key]}, {band_words(band)}", number, old.get(key, {}).get(band, "")
        else:
            yield str(POLICY_WORDS[key]), listed(value), listed(old.get(key, ""))


def listed(value: object) -> str:
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)
