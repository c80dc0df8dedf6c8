"""Everything that the pages of applications and loans are made of, to be searched and read."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from loans.admin.reading import Lines, ReadOnly
from loans.admin.words import REASON_WORDS, SCORE_WORDS, words
from loans.models import (
    Decision,
    Instalment,
    LedgerEntry,
    LedgerLine,
    Offer,
    Repayment,
    RepaymentPayment,
    RepaymentRefund,
)


@admin.register(Decision)
class DecisionAdmin(ReadOnly):
    list_display = (
        "application", "kind", "status", "is_counter", "score", "band", "likelihood", "officer", "created_at",
    )  # fmt: skip
    list_filter = ("kind", "status", "is_counter", "band", "is_out_of_support", "created_at")
    list_select_related = ("application", "officer")
    search_fields = ("application__number", "application__customer__login_name")

    def get_readonly_fields(self, request: HttpRequest, obj: Decision | None = None) -> list[str]:
        """Codes in words."""
        worded = {"score_reasons": "score_in_words", "reasons": "reasons_in_words"}
        return [worded.get(name, name) for name in super().get_readonly_fields(request, obj)]

    @admin.display(description=_("reasons of the score"))
    def score_in_words(self, decision: Decision) -> str:
        return "; ".join(words(decision.score_reasons, SCORE_WORDS))

    @admin.display(description=_("reasons"))
    def reasons_in_words(self, decision: Decision) -> str:
        return "; ".join(words(decision.reasons, REASON_WORDS))


@admin.register(Offer)
class OfferAdmin(ReadOnly):
    list_display = (
        "number", "application", "kind", "principal", "months", "annual_rate", "instalment", "expires_at",
        "withdrawn_at",
    )  # fmt: skip
    list_filter = ("kind", "months", "expires_at")
    list_select_related = ("application",)
    search_fields = ("number", "application__number", "application__customer__login_name")


@admin.register(Instalment)
class InstalmentAdmin(ReadOnly):
    list_display = ("loan", "number", "due_on", "amount", "paid", "left", "is_ahead")
    list_filter = ("due_on", "is_ahead", "loan__status")
    list_select_related = ("loan",)
    search_fields = ("loan__number", "loan__customer__login_name")

    @admin.display(description=_("amount"))
    def amount(self, instalment: Instalment) -> str:
        return str(instalment.amount)

    @admin.display(description=_("paid"))
    def paid(self, instalment: Instalment) -> str:
        return str(instalment.paid)

    @admin.display(description=_("left"))
    def left(self, instalment: Instalment) -> str:
        return str(instalment.left)


class LinesOfEntry(Lines):
    model = LedgerLine
    fields = ("account", "amount")


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly):
    list_display = ("loan", "kind", "on", "created_at")
    list_filter = ("kind", "on")
    list_select_related = ("loan",)
    search_fields = ("loan__number", "loan__customer__login_name")
    inlines = (LinesOfEntry,)


class PaymentsOfRepayment(Lines):
    model = RepaymentPayment
    fields = ("provider", "callback_id", "amount", "currency", "outcome", "settled", "created_at")


@admin.register(Repayment)
class RepaymentAdmin(ReadOnly):
    list_display = ("number", "loan", "kind", "total", "status", "created_at")
    list_filter = ("status", "kind", "created_at")
    list_select_related = ("loan",)
    search_fields = ("number", "loan__number", "loan__customer__login_name")
    inlines = (PaymentsOfRepayment,)


@admin.register(RepaymentPayment)
class RepaymentPaymentAdmin(ReadOnly):
    list_display = ("repayment", "provider", "amount", "currency", "outcome", "settled", "created_at")
    list_filter = ("outcome", "provider", "created_at")
    list_select_related = ("repayment",)
    search_fields = ("callback_id", "repayment__number", "repayment__loan__number")


@admin.register(RepaymentRefund)
class RepaymentRefundAdmin(ReadOnly):
    list_display = ("number", "loan", "amount", "status", "created_at", "paid_out_at")
    list_filter = ("status", "created_at")
    search_fields = ("number", "payment__repayment__number", "payment__repayment__loan__number")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[RepaymentRefund]":
        refunds: QuerySet[RepaymentRefund] = super().get_queryset(request)
        return refunds.select_related("payment__repayment__loan")

    @admin.display(description=_("loan"))
    def loan(self, refund: RepaymentRefund) -> str:
        return str(refund.payment.repayment.loan)
