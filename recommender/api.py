"""Four products for programs: alike to one, or asked for in a sentence, each with its reason."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from recommender.forms import LONGEST_SENTENCE, MOST_REMOVED, AskForm
from recommender.shelf import Offer, four_alike, four_for
from shop.api.catalogue import GuestView, ListedCardSerializer
from shop.api.fields import money
from shop.api.requests import asked_of, refuse_invalid
from shop.selectors.catalogue import top_tags, whole_products


class ReasonSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="`tag`, `shelf`, `words`, `mentioned`, `meaning` or `loved`.")
    label = serializers.CharField(help_text="The product's own tag, where the reason is one.")  # type: ignore[assignment]
    count = serializers.IntegerField(help_text="Reviews that say so.")


class OfferSerializer(serializers.Serializer[Any]):
    product = ListedCardSerializer()
    reason = ReasonSerializer()
    sentence = serializers.CharField(help_text="The reason in the language asked for.")


class IntentSerializer(serializers.Serializer[Any]):
    wanted = serializers.ListField(child=serializers.CharField())
    unwanted = serializers.ListField(child=serializers.CharField())
    without_words = serializers.ListField(child=serializers.CharField())
    unheard = serializers.ListField(
        child=serializers.CharField(), help_text="Wanted, and said in no review: looked for in descriptions."
    )
    at_most = money(allow_null=True)
    at_least = money(allow_null=True)


class AnswerSerializer(serializers.Serializer[Any]):
    understood = IntentSerializer(
        source="intent", allow_null=True, help_text="Null where the recommender could not be asked."
    )
    is_a_guess = serializers.BooleanField(help_text="Nothing was understood: these are among the most loved.")
    read_by = serializers.CharField(
        help_text="Who understood it: `local` (the shop's own rules) or `chat` (a chat model)."
    )
    offers = OfferSerializer(many=True)


class AskQuery(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=LONGEST_SENTENCE, help_text="A wish, in a sentence.")
    without = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=MOST_REMOVED, default=list,
        help_text="What was misunderstood and is taken away: labels, words, `price`.",
    )  # fmt: skip


def tagged(offers: list[Offer]) -> list[Offer]:
    """Their products with the tags that a program is told."""
    prefetch_related_objects([offer.product for offer in offers], top_tags())
    return offers


class Alike(GuestView):
    @extend_schema(operation_id="alike", responses=OfferSerializer(many=True))
    def get(self, request: Request, product_id: int) -> Response:
        """Four products like this one. Where the recommender is down they are the most loved ones."""
        offers = tagged(four_alike(get_object_or_404(whole_products(), pk=product_id)))
        return Response(OfferSerializer(offers, many=True, context={"request": request}).data)


class Ask(GuestView):
    @extend_schema(operation_id="ask", parameters=[AskQuery], responses=AnswerSerializer)
    def get(self, request: Request) -> Response:
        """Four products that answer a wish, with what was understood of it."""
        refuse_invalid(AskForm(request.query_params))
        asked = asked_of(request, AskQuery)
        answer = four_for(asked["q"], asked["without"])
        tagged(answer.offers)
        return Response(AnswerSerializer(answer, context={"request": request}).data)
