"""Offers, their agreements, and acceptance."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from loans.agreement import Agreement, agreement_of_offer
from loans.api.errors import DeskView
from loans.api.loans import LoanSerializer, shown_loan
from loans.models import Offer
from loans.selectors.desk import offers_of
from loans.sentences import clauses_of
from loans.services.lending import Acceptance, accept_offer
from loans.terms import effective_rate
from shop.api.fields import money
from shop.api.idempotency import once
from shop.api.requests import buyer, sent_in


def rate(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=6, decimal_places=5, **options)


class LoanOfferSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    kind = serializers.CharField(help_text="`asked`, `largest`, `cheapest` or `officer`.")
    principal = money()
    months = serializers.IntegerField()
    annual_rate = rate(help_text="Nominal, a fraction: 0.06000 is 6 %.")
    effective_rate = serializers.SerializerMethodField(help_text="A fraction, to four places.")
    instalment = money(help_text="A month; the last one may differ by cents.")
    total_interest = money()
    total = money()
    expires_at = serializers.DateTimeField()
    is_standing = serializers.BooleanField(help_text="Whether it can be accepted now.")

    @extend_schema_field(serializers.DecimalField(max_digits=6, decimal_places=4))
    def get_effective_rate(self, offer: Offer) -> str:
        return str(effective_rate(offer.annual_rate))


class PlannedSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    due_on = serializers.DateField()
    amount = money()
    principal = money()
    interest = money()
    balance = money(help_text="The principal that is left after it.")


class ClauseSerializer(serializers.Serializer[Any]):
    heading = serializers.CharField()
    text = serializers.CharField()


class AgreementSerializer(serializers.Serializer[Any]):
    """What a person reads before accepting."""

    offer = LoanOfferSerializer()
    terms_hash = serializers.CharField(help_text="What `terms_hash` of an acceptance has to say.")
    schedule = PlannedSerializer(many=True, help_text="As it would be if it were accepted today.")
    clauses = serializers.SerializerMethodField(help_text="In the language asked for.")

    @extend_schema_field(ClauseSerializer(many=True))
    def get_clauses(self, shown: dict[str, Any]) -> list[dict[str, str]]:
        agreement: Agreement = shown["agreement"]
        return [{"heading": heading, "text": text} for heading, text in clauses_of(agreement)]


class AcceptanceBody(serializers.Serializer[Any]):
    terms_hash = serializers.CharField(max_length=64, help_text="Of the agreement that was read.")


class OneOffer(DeskView):
    @extend_schema(operation_id="loan_offer", responses=AgreementSerializer)
    def get(self, request: Request, number: str) -> Response:
        """With the whole agreement."""
        offer = own_offer(request, number)
        agreement = agreement_of_offer(offer)
        shown = {
            "offer": offer, "agreement": agreement, "terms_hash": offer.terms_hash,
            "schedule": agreement.schedule.instalments,
        }  # fmt: skip
        return Response(AgreementSerializer(shown).data)


class OfferAcceptance(DeskView):
    @extend_schema(operation_id="loan_offer_accept", request=AcceptanceBody, responses={201: LoanSerializer})
    @once
    def post(self, request: Request, number: str) -> Response:
        """Borrow: the loan is paid out as a coupon, once however often this is sent."""
        own_offer(request, number)
        acceptance = Acceptance(number, sent_in(request, AcceptanceBody)["terms_hash"])
        loan = accept_offer(customer=buyer(request), acceptance=acceptance)
        return Response(LoanSerializer(shown_loan(loan)).data, status=status.HTTP_201_CREATED)


def own_offer(request: Request, number: str) -> Offer:
    return get_object_or_404(offers_of(buyer(request)), number=number)
