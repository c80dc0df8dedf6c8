"""Loans with their instalments, ledger, events and repayments, and the way to write one off."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from loans.admin.forms import WriteOffForm
from loans.admin.portfolio import portfolio_context
from loans.admin.reading import Lines, ReadOnly
from loans.admin.words import AGE_WORDS, band_words, refusal
from loans.exceptions import LoanError, LoanMoved
from loans.models import Instalment, LedgerEntry, Loan, LoanEvent, Repayment
from loans.models.loans import LoanStatus
from loans.selectors.portfolio import AGES, LATE, loans_of_age
from loans.services.lending import write_off_loan
from shop.models import Customer


class InstalmentsOfLoan(Lines):
    model = Instalment
    fields = (
        "number", "due_on", "principal", "interest", "fee", "principal_paid", "interest_paid", "fee_paid",
        "is_ahead",
    )  # fmt: skip


class EntriesOfLoan(Lines):
    model = LedgerEntry
    fields = ("on", "kind", "account_lines", "reverses", "created_at")
    readonly_fields = ("account_lines",)
    joined = ("reverses__loan",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[LedgerEntry]":
        return super().get_queryset(request).prefetch_related("lines")

    @admin.display(description=gettext_lazy("accounts"))
    def account_lines(self, entry: LedgerEntry) -> str:
        """One below the other."""
        lines = ((line.get_account_display(), line.amount) for line in entry.lines.all())
        return format_html_join("", '<div class="nowrap">{}: {}</div>', lines)


class EventsOfLoan(Lines):
    model = LoanEvent
    fields = ("status", "actor", "note", "at")
    joined = ("actor",)


class RepaymentsOfLoan(Lines):
    model = Repayment
    fields = ("number", "kind", "total", "status", "created_at")
    show_change_link = True


class AgeFilter(admin.SimpleListFilter):
    title = gettext_lazy("past due")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(LATE, _("any")), *AGE_WORDS.items()]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Loan]") -> "QuerySet[Loan]":
        age = self.value() or ""
        return loans_of_age(queryset, age) if age in {LATE, *AGES} else queryset


@admin.register(Loan)
class LoanAdmin(ReadOnly):
    list_display = (
        "number", "customer", "status", "principal", "principal_left", "annual_rate", "months", "band_name",
        "accepted_at",
    )  # fmt: skip
    list_filter = ("status", AgeFilter, "band", "accepted_at")
    list_select_related = ("customer",)
    search_fields = ("number", "customer__login_name", "application__number")
    search_help_text = gettext_lazy("Number of the loan or its application, or login name")
    inlines = (InstalmentsOfLoan, EventsOfLoan, EntriesOfLoan, RepaymentsOfLoan)
    change_form_template = "admin/loans/loan/change_form.html"
    change_list_template = "admin/loans/loan/change_list.html"

    @admin.display(description=gettext_lazy("band"), ordering="band")
    def band_name(self, loan: Loan) -> str:
        return band_words(loan.band)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Loan]":
        loans: QuerySet[Loan] = super().get_queryset(request)
        return loans.select_related("customer", "application", "offer", "policy", "coupon")

    def get_urls(self) -> list[URLPattern]:
        wrapped: Callable[..., Any] = self.admin_site.admin_view
        own = [
            path("portfolio/", wrapped(require_safe(self.portfolio)), name="loans_loan_portfolio"),
            path("<int:pk>/write-off/", wrapped(self.write_off), name="loans_loan_write_off"),
        ]
        return own + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        loan = context.get("original")
        may_write_off = isinstance(loan, Loan) and loan.is_repayable and self.may_write_off(request, loan)
        return super().render_change_form(
            request, context | {"may_write_off": may_write_off}, *args, **kwargs
        )

    def portfolio(self, request: HttpRequest) -> HttpResponse:
        """What the loans come to; each number leads to its list."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            **portfolio_context(),
            "title": _("Portfolio"), "opts": self.opts,
        }  # fmt: skip
        return TemplateResponse(request, "admin/loans/loan/portfolio.html", context)

    def write_off(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What would be given up, and the reason; then it is."""
        officer, loan = self.officer(request), get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.may_write_off(request, loan):
            raise PermissionDenied
        form, status = WriteOffForm(request.POST or None), 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                try:
                    return self._write_off(request, loan, officer, form.cleaned_data["reason"])
                except LoanError as error:
                    form.add_error(None, refusal(error))
                    status = 409
        context = {
            **self.admin_site.each_context(request),
            "title": _("Write off loan %(number)s") % {"number": loan.number},
            "opts": self.opts, "loan": loan, "form": form,
            "fees": sum(each.fee - each.fee_paid for each in loan.instalments.all()),
        }  # fmt: skip
        return TemplateResponse(request, "admin/loans/loan/write_off.html", context, status=status)

    def may_write_off(self, request: HttpRequest, loan: Loan) -> bool:
        """Nobody their own."""
        return self.may_act(request) and loan.customer_id != request.user.pk

    def _write_off(self, request: HttpRequest, loan: Loan, officer: Customer, reason: str) -> HttpResponse:
        """Sent twice, it is done once. Raises LoanMoved."""
        try:
            write_off_loan(loan=loan, actor=officer, reason=reason)
        except LoanMoved:
            done = loan.events.filter(status=LoanStatus.WRITTEN_OFF, actor=officer, note=reason)
            if not done.exists():
                raise
        messages.success(request, _("The loan is written off."))
        return redirect("admin:loans_loan_change", loan.pk)
