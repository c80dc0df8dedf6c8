"""Loans: what is due, schedule and statement, repayments, and the way back out."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from loans.api.errors import DeskView
from loans.models import Loan, Repayment
from loans.models.repayments import RepaymentKind
from loans.selectors.loans import (
    StatementLine,
    loans_of,
    repayments_of,
    rescission_obstacle,
    spending_of,
    statement_of,
)
from loans.sentences import statement_sentence
from loans.services.books import book_of
from loans.services.lending import rescind_loan
from loans.services.repaying import start_repayment
from loans.settling import Book
from shop.api.fields import money
from shop.api.idempotency import once
from shop.api.pages import PageQuery, page_answer, page_of
from shop.api.requests import asked_of, buyer, sent_in


@dataclass(frozen=True, slots=True)
class ShownLoan:
    """A loan and how it stands today."""

    loan: Loan
    book: Book
    today: date

    @property
    def due(self) -> Decimal:
        return self.book.due(self.today) if self.loan.is_repayable else Decimal("0.00")

    @property
    def payoff(self) -> Decimal:
        return self.book.payoff(self.today) if self.loan.is_repayable else Decimal("0.00")

    @property
    def least_ahead(self) -> Decimal:
        return self.book.least_ahead(self.today) if self.loan.is_repayable else Decimal("0.00")

    @property
    def coupon_left(self) -> Decimal:
        return spending_of(self.loan).left

    @property
    def can_rescind(self) -> bool:
        return not rescission_obstacle(self.loan)


class LoanRowSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    status = serializers.CharField(
        help_text="`pending`, `active`, `overdue`, `closed`, `written-off` or `rescinded`."
    )
    status_name = serializers.CharField(source="get_status_display")
    principal = money()
    principal_left = money()
    annual_rate = serializers.DecimalField(max_digits=6, decimal_places=5, help_text="A fraction.")
    months = serializers.IntegerField()
    accepted_at = serializers.DateTimeField()
    rescindable_until = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class LoanSerializer(serializers.Serializer[Any]):
    loan = LoanRowSerializer()
    due = money(help_text="To be paid now, late fees included.")
    payoff = money(help_text="What settles it today.")
    least_ahead = money(help_text="The least amount that lessens what is to come.")
    coupon_left = money(help_text="Of the coupon, still to be spent.")
    can_rescind = serializers.BooleanField(help_text="Nothing is spent or repaid, and it is not too late.")


class InstalmentSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    due_on = serializers.DateField()
    principal = money()
    interest = money()
    fee = money()
    paid = money()
    left = money()
    is_ahead = serializers.BooleanField(help_text="Paid ahead of the schedule, which was drawn up anew.")


class StatementLineSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="`disbursement`, `fee`, `repayment`, `write-off` or `reversal`.")
    on = serializers.DateField()
    text = serializers.SerializerMethodField(help_text="In words, in the language asked for.")
    principal = money(help_text="What it adds to the principal; below nothing where it lessens it.")
    fee = money()
    interest = money(help_text="Of a repayment, what went to interest.")
    owed = money(help_text="Principal and fees after it.")

    @extend_schema_field(serializers.CharField())
    def get_text(self, line: StatementLine) -> str:
        return statement_sentence(line)


class RepaymentSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    loan = serializers.CharField(source="loan.number")
    kind = serializers.CharField(help_text="`instalment`, `ahead` or `payoff`.")
    total = money()
    status = serializers.CharField(help_text="`started` or `paid`.")
    pay_until = serializers.DateTimeField()
    pay_page = serializers.SerializerMethodField(help_text="Where a person pays.")

    def get_pay_page(self, repayment: Repayment) -> str:
        request: Request = self.context["request"]
        return request.build_absolute_uri(reverse("loans:pay", args=(repayment.number,)))


class RepaymentBody(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(
        choices=RepaymentKind.values,
        help_text="What is due or comes next, an amount ahead of the schedule, or all that is left.",
    )
    amount = money(
        min_value=Decimal("0.01"), required=False, allow_null=True, default=None,
        help_text="Less than the kind comes to; without one, all of it.",
    )  # fmt: skip


class Loans(DeskView):
    @extend_schema(operation_id="loans", parameters=[PageQuery], responses=page_of(LoanRowSerializer))
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows = loans_of(buyer(request))
        return page_answer(request, rows, asked_of(request, PageQuery), LoanRowSerializer)


class OneLoan(DeskView):
    @extend_schema(operation_id="loan", responses=LoanSerializer)
    def get(self, request: Request, number: str) -> Response:
        """With what is due on it today."""
        return loan_answer(request, number)


class LoanSchedule(DeskView):
    @extend_schema(operation_id="loan_schedule", responses=InstalmentSerializer(many=True))
    def get(self, request: Request, number: str) -> Response:
        """Every instalment, and what is paid of it. Empty where the loan was withdrawn from."""
        rows = own_loan(request, number).instalments.order_by("number")
        return Response(InstalmentSerializer(rows, many=True).data)


class LoanStatement(DeskView):
    @extend_schema(operation_id="loan_statement", responses=StatementLineSerializer(many=True))
    def get(self, request: Request, number: str) -> Response:
        """All that happened to its money, oldest first."""
        lines = statement_of(own_loan(request, number))
        return Response(StatementLineSerializer(lines, many=True).data)


class Repayments(DeskView):
    @extend_schema(
        operation_id="loan_repayment_start", request=RepaymentBody, responses={201: RepaymentSerializer}
    )
    @once
    def post(self, request: Request, number: str) -> Response:
        """Set out to pay. A person goes on at `pay_page`; nothing is charged before."""
        sent = sent_in(request, RepaymentBody)
        repayment = start_repayment(
            loan=own_loan(request, number), kind=RepaymentKind(sent["kind"]), amount=sent["amount"]
        )
        shown = RepaymentSerializer(repayment, context={"request": request})
        return Response(shown.data, status=status.HTTP_201_CREATED)


class OneRepayment(DeskView):
    @extend_schema(operation_id="loan_repayment", responses=RepaymentSerializer)
    def get(self, request: Request, number: str) -> Response:
        """Whether it is paid."""
        repayment = get_object_or_404(repayments_of(buyer(request)), number=number)
        return Response(RepaymentSerializer(repayment, context={"request": request}).data)


class Rescission(DeskView):
    @extend_schema(operation_id="loan_rescind", request=None, responses=LoanSerializer)
    @once
    def post(self, request: Request, number: str) -> Response:
        """Withdraw from a loan in its first days, while nothing is spent or repaid."""
        rescind_loan(loan=own_loan(request, number))
        return loan_answer(request, number)


def own_loan(request: Request, number: str) -> Loan:
    return get_object_or_404(loans_of(buyer(request)), number=number)


def shown_loan(loan: Loan) -> ShownLoan:
    return ShownLoan(loan, book_of(loan), timezone.localdate())


def loan_answer(request: Request, number: str) -> Response:
    return Response(LoanSerializer(shown_loan(own_loan(request, number))).data)
