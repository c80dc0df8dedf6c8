"""From eligibility over consent and an application to its decision, and the way to a person."""

from decimal import Decimal
from typing import Any

from django.shortcuts import get_object_or_404
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from loans.api.errors import DeskView
from loans.api.offers import LoanOfferSerializer
from loans.consent import CONSENT_TEXT, CONSENT_VERSION
from loans.exceptions import Purged, Unsealable
from loans.forms import NO, SILENT, YES, ApplicationForm
from loans.models import Application, Decision
from loans.scoring import REASON_TEXT
from loans.selectors.desk import WITHDRAWABLE, can_ask_for_person
from loans.selectors.eligibility import Eligibility, current_policy, eligibility_of
from loans.sentences import obstacle_sentence, reason_sentence
from loans.services.applying import (
    ask_for_review,
    start_application,
    submit_application,
    withdraw_application,
)
from loans.services.deciding import decide_application
from loans.services.replay import input_of
from shop.api.fields import money
from shop.api.idempotency import once
from shop.api.pages import PageQuery, page_answer, page_of
from shop.api.requests import asked_of, buyer, refuse_invalid, sent_in


class ToldReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="For programs: `above_limit`, `few_orders`, …")
    text = serializers.CharField(help_text="For people, in the language asked for.")


class ConsentSerializer(serializers.Serializer[Any]):
    version = serializers.CharField(help_text="What `consent_version` of an application has to say.")
    text = serializers.ListField(child=serializers.CharField(), help_text="To be read before agreeing.")


class EligibilitySerializer(serializers.Serializer[Any]):
    score = serializers.IntegerField(source="score.value", allow_null=True, help_text="Null without orders.")
    band = serializers.CharField(
        source="score.band", help_text="`a` to `e`; `thin` with one order, `none` without."
    )
    score_reasons = serializers.SerializerMethodField(help_text="Why it is not higher, at most four.")
    limit = money(help_text="Principal that may be owed at a time.")
    owed = money()
    left = money()
    annual_rate = serializers.SerializerMethodField(help_text="A fraction: 0.06000 is 6 %.")
    obstacle = serializers.SerializerMethodField(help_text="What stands in the way of an application.")
    open_application = serializers.CharField(
        source="open_application.number", allow_null=True, help_text="Its number."
    )
    least_amount = money(source="policy.policy.least_principal")
    multiple = money(source="policy.policy.multiple", help_text="Amounts are multiples of this.")
    terms = serializers.ListField(
        source="policy.policy.terms", child=serializers.IntegerField(), help_text="Months."
    )
    consent = serializers.SerializerMethodField()

    @extend_schema_field(ToldReasonSerializer(many=True))
    def get_score_reasons(self, found: Eligibility) -> list[dict[str, str]]:
        return score_reasons(found.score.reasons)

    @extend_schema_field(serializers.DecimalField(max_digits=6, decimal_places=5))
    def get_annual_rate(self, found: Eligibility) -> str:
        return f"{found.policy.policy.annual_rates[found.score.band]:.5f}"

    @extend_schema_field(ToldReasonSerializer(allow_null=True))
    def get_obstacle(self, found: Eligibility) -> dict[str, str] | None:
        code = found.obstacle
        return {"code": code, "text": obstacle_sentence(code)} if code else None

    @extend_schema_field(ConsentSerializer)
    def get_consent(self, found: Eligibility) -> dict[str, object]:
        return {"version": CONSENT_VERSION, "text": [str(line) for line in CONSENT_TEXT]}


class DecisionSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="`automatic`, or `officer` with a written reason.")
    status = serializers.CharField(help_text="`offered` or `declined`.")
    is_counter = serializers.BooleanField(help_text="Something else is offered than was asked for.")
    score = serializers.IntegerField(allow_null=True)
    band = serializers.CharField()
    score_reasons = serializers.SerializerMethodField()
    likelihood = serializers.FloatField(
        allow_null=True, help_text="That a bank would approve a home loan like it; never of default."
    )
    is_out_of_support = serializers.BooleanField(
        help_text="The loan is unlike any that the model knows: the likelihood decided nothing."
    )
    reasons = serializers.SerializerMethodField(help_text="Why not as asked for: one to four, or none.")
    written_reason = serializers.CharField(help_text="A loan officer's; else empty.")
    policy = serializers.IntegerField(source="policy_id", help_text="The version that it was decided by.")
    decided_at = serializers.DateTimeField(source="created_at")

    @extend_schema_field(ToldReasonSerializer(many=True))
    def get_score_reasons(self, decision: Decision) -> list[dict[str, str]]:
        return score_reasons(decision.score_reasons)

    @extend_schema_field(ToldReasonSerializer(many=True))
    def get_reasons(self, decision: Decision) -> list[dict[str, str]]:
        application, policy, left = decision.application, decision.policy.policy, left_then(decision)
        return [
            {"code": code, "text": reason_sentence(code, application, policy, left)}
            for code in decision.reasons
        ]


class ApplicationSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    status = serializers.CharField(
        help_text="`draft`, `submitted`, `in-review`, `offered`, `accepted`, `declined`, `expired` or "
        "`withdrawn`."
    )
    status_name = serializers.CharField(source="get_status_display")
    amount = money(allow_null=True)
    months = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    asked_for_review_at = serializers.DateTimeField(allow_null=True)


class WholeApplicationSerializer(ApplicationSerializer):
    decision = serializers.SerializerMethodField(help_text="The last one.")
    offers = serializers.SerializerMethodField(help_text="Those that stand: at most three.")
    loan = serializers.SerializerMethodField(help_text="The number of the loan that came of it.")
    can_ask_for_review = serializers.SerializerMethodField()
    can_withdraw = serializers.SerializerMethodField()

    @extend_schema_field(DecisionSerializer(allow_null=True))
    def get_decision(self, application: Application) -> dict[str, Any] | None:
        last = last_decision(application)
        return dict(DecisionSerializer(last).data) if last else None

    @extend_schema_field(LoanOfferSerializer(many=True))
    def get_offers(self, application: Application) -> list[dict[str, Any]]:
        return list(LoanOfferSerializer(application.offers.standing(), many=True).data)

    def get_loan(self, application: Application) -> str | None:
        loan = getattr(application, "loan", None)
        return loan.number if loan else None

    def get_can_ask_for_review(self, application: Application) -> bool:
        return can_ask_for_person(application, last_decision(application))

    def get_can_withdraw(self, application: Application) -> bool:
        return application.status in WITHDRAWABLE


class ConsentBody(serializers.Serializer[Any]):
    consent_version = serializers.CharField(max_length=16, help_text="Of the text that was agreed to.")


class FinancesBody(serializers.Serializer[Any]):
    """Amounts of a month. They are encrypted, decide this application alone, and are never sent back."""

    amount = money(min_value=Decimal("0.01"))
    months = serializers.IntegerField(min_value=1, max_value=600)
    income = money(min_value=0)
    coapplicant_income = money(min_value=0, default=Decimal("0.00"))
    obligations = money(min_value=0)
    credit_history = serializers.ChoiceField(
        choices=[YES, NO, SILENT],
        help_text="Loans or cards that were paid back as agreed; `silent` is an answer.",
    )


class EligibilityView(DeskView):
    @extend_schema(operation_id="loan_eligibility", responses=EligibilitySerializer)
    def get(self, request: Request) -> Response:
        """The customer's score, as of now, what is left of their limit, and what stands in the way."""
        return Response(EligibilitySerializer(eligibility_of(buyer(request))).data)


class Applications(DeskView):
    @extend_schema(
        operation_id="loan_applications", parameters=[PageQuery], responses=page_of(ApplicationSerializer)
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows = Application.objects.filter(customer=buyer(request))
        return page_answer(request, rows, asked_of(request, PageQuery), ApplicationSerializer)

    @extend_schema(
        operation_id="loan_application_start",
        request=ConsentBody,
        responses={201: WholeApplicationSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        """Agree to the text; a draft, or the application that is open already."""
        started = start_application(customer=buyer(request), **sent_in(request, ConsentBody))
        return application_answer(request, started.number, status.HTTP_201_CREATED)


class OneApplication(DeskView):
    @extend_schema(operation_id="loan_application", responses=WholeApplicationSerializer)
    def get(self, request: Request, number: str) -> Response:
        """With its decision, the reasons and the offers that stand."""
        return application_answer(request, number)


class Submission(DeskView):
    @extend_schema(
        operation_id="loan_application_submit", request=FinancesBody, responses=WholeApplicationSerializer
    )
    @once
    def post(self, request: Request, number: str) -> Response:
        """Hand a draft in. It is decided at once, or goes to a loan officer."""
        submit(request, own_application(request, number))
        return application_answer(request, number)


class Review(DeskView):
    @extend_schema(operation_id="loan_application_review", request=None, responses=WholeApplicationSerializer)
    @once
    def post(self, request: Request, number: str) -> Response:
        """Ask a person to look at a decline or a counter-offer: once. Its offers no longer stand."""
        ask_for_review(application=own_application(request, number))
        return application_answer(request, number)


class Withdrawal(DeskView):
    @extend_schema(
        operation_id="loan_application_withdraw", request=None, responses=WholeApplicationSerializer
    )
    @once
    def post(self, request: Request, number: str) -> Response:
        """Before it is accepted or declined."""
        withdraw_application(application=own_application(request, number))
        return application_answer(request, number)


@sensitive_variables()
def submit(request: Request, draft: Application) -> None:
    """The form of the page reads what was sent, so that programs are told what people are."""
    sent = {name: str(value) for name, value in sent_in(request, FinancesBody).items()}
    form = ApplicationForm(sent, policy=current_policy().policy, left=None)
    refuse_invalid(form)
    decide_application(
        application=submit_application(application=draft, finances=form.finances(), request=form.asked())
    )


def own_application(request: Request, number: str) -> Application:
    own = Application.objects.filter(customer=buyer(request)).select_related("customer", "loan")
    return get_object_or_404(own, number=number)


def application_answer(request: Request, number: str, code: int = status.HTTP_200_OK) -> Response:
    return Response(WholeApplicationSerializer(own_application(request, number)).data, status=code)


def last_decision(application: Application) -> Decision | None:
    return application.decisions.select_related("policy", "application").last()


def left_then(decision: Decision) -> Decimal | None:
    """Of the limit; nobody knows once the input is purged."""
    try:
        return input_of(decision).exposure_left
    except (Purged, Unsealable):
        return None


def score_reasons(codes: Any) -> list[dict[str, str]]:
    return [{"code": code, "text": str(REASON_TEXT[code])} for code in codes]
