"""What customers say of a product."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.pages import PageQuery, page_answer, page_of
from shop.api.requests import asked_of
from shop.models import Product, Review
from shop.selectors.reviews import ReviewFilter, published_reviews


class ReviewSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    author_name = serializers.CharField(help_text="Empty where the author has closed the account.")
    stars = serializers.IntegerField()
    title = serializers.CharField()
    body = serializers.CharField()
    helpful_votes = serializers.IntegerField()
    is_verified_purchase = serializers.BooleanField()
    is_imported = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    labels = serializers.SerializerMethodField(help_text="Of the tags that the review mentions.")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_labels(self, review: Review) -> list[str]:
        return [mention.tag.label for mention in review.mentions.all()]


class ReviewsQuery(PageQuery):
    tag = serializers.CharField(max_length=80, default="")
    stars = serializers.IntegerField(min_value=1, max_value=5, required=False)


class Reviews(APIView):
    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(operation_id="reviews", parameters=[ReviewsQuery], responses=page_of(ReviewSerializer))
    def get(self, request: Request, product_id: int) -> Response:
        """The published reviews of a product, newest first."""
        asked = asked_of(request, ReviewsQuery)
        product = get_object_or_404(Product, pk=product_id)
        rows = published_reviews(product, ReviewFilter(asked["tag"], asked.get("stars")))
        return page_answer(request, rows, asked, ReviewSerializer)
