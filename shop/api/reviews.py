"""What customers say of a product."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.idempotency import once
from shop.api.pages import PageQuery, page_answer, page_of
from shop.api.requests import asked_of, buyer, sent_in
from shop.models import Product, Review
from shop.selectors.reviews import ReviewFilter, published_reviews
from shop.services.reviews import post_review


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


class ReviewBody(serializers.Serializer[Any]):
    stars = serializers.IntegerField(min_value=1, max_value=5)
    title = serializers.CharField(max_length=255, default="", allow_blank=True)
    body = serializers.CharField(max_length=5000)


class Reviews(APIView):
    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(operation_id="reviews", parameters=[ReviewsQuery], responses=page_of(ReviewSerializer))
    def get(self, request: Request, product_id: int) -> Response:
        """The published reviews of a product, newest first."""
        asked = asked_of(request, ReviewsQuery)
        product = get_object_or_404(Product, pk=product_id)
        rows = published_reviews(product, ReviewFilter(asked["tag"], asked.get("stars")))
        return page_answer(request, rows, asked, ReviewSerializer)

    @extend_schema(operation_id="review_post", request=ReviewBody, responses={201: ReviewSerializer})
    @once
    def post(self, request: Request, product_id: int) -> Response:
        """Each customer has one review of a product."""
        product = get_object_or_404(Product, pk=product_id)
        review = post_review(customer=buyer(request), product=product, **sent_in(request, ReviewBody))
        return Response(ReviewSerializer(review).data, status=status.HTTP_201_CREATED)
