"""What the shop sells, for anybody."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.api.fields import money, row_id
from shop.api.pages import PageQuery, page_answer, page_of
from shop.api.requests import asked_of
from shop.forms.listing import MOST_TAGS
from shop.label_names import local_label
from shop.models import Category, Product, ProductTag
from shop.selectors import catalogue, reviews
from shop.selectors.catalogue import Criteria, Sort
from shop.selectors.facets import Choice, facets_of


class ShelfSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField(source="local_name")


class AisleSerializer(ShelfSerializer):
    children = ShelfSerializer(many=True, source="open_children")


class DepartmentSerializer(ShelfSerializer):
    children = AisleSerializer(many=True, source="open_children")


class TagSerializer(serializers.Serializer[Any]):
    label = serializers.CharField(help_text="What `tag` asks for in a list.")  # type: ignore[assignment]
    name = serializers.SerializerMethodField(help_text="The label in the language asked for.")
    polarity = serializers.IntegerField(help_text="1 praise, 0 description, -1 criticism.")
    count = serializers.IntegerField(help_text="Reviews that say so.")
    share = serializers.FloatField(help_text="Of the product's labelled reviews, 0 to 1.")

    def get_name(self, tag: ProductTag) -> str:
        return local_label(tag.label)


class CardSerializer(serializers.Serializer[Any]):
    """A product as lists show it."""

    id = serializers.IntegerField()
    name = serializers.CharField(source="local_name")
    brief = serializers.CharField(source="local_brief")
    brand = serializers.CharField()
    category_id = serializers.IntegerField()
    cover = serializers.ImageField(allow_null=True)
    original_price = money(allow_null=True)
    selling_price = money(allow_null=True, help_text="Null where it is not known: it cannot be bought then.")
    quantity = money(allow_null=True, help_text="What one pack holds, in units.")
    unit = serializers.CharField()
    in_stock = serializers.IntegerField()
    is_available = serializers.BooleanField()
    limit_per_order = serializers.IntegerField()
    average_stars = serializers.FloatField(allow_null=True)
    review_count = serializers.IntegerField()


class ListedCardSerializer(CardSerializer):
    tags = TagSerializer(many=True, source="top_tags")


class StarBarSerializer(serializers.Serializer[Any]):
    stars = serializers.IntegerField()
    count = serializers.IntegerField()
    percent = serializers.IntegerField()


class ProductSerializer(CardSerializer):
    detail = serializers.CharField(source="local_detail", help_text="HTML, sanitised.")
    path = serializers.SerializerMethodField(help_text="From the department down to the product's shelf.")
    tags = serializers.SerializerMethodField()
    stars = serializers.SerializerMethodField(help_text="Five bars, five stars first.")

    @extend_schema_field(ShelfSerializer(many=True))
    def get_path(self, product: Product) -> list[dict[str, Any]]:
        return list(ShelfSerializer(catalogue.path_to(product.category), many=True).data)

    @extend_schema_field(TagSerializer(many=True))
    def get_tags(self, product: Product) -> list[dict[str, Any]]:
        return list(TagSerializer(reviews.published_tags(product), many=True).data)

    @extend_schema_field(StarBarSerializer(many=True))
    def get_stars(self, product: Product) -> list[dict[str, Any]]:
        return list(StarBarSerializer(reviews.star_distribution(product), many=True).data)


class CriteriaQuery(serializers.Serializer[Any]):
    """The criteria of the shop's own lists."""

    q = serializers.CharField(max_length=100, default="", allow_blank=True, help_text="Words to search for.")
    tag = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=MOST_TAGS, default=list,
        help_text="Labels that a product must all have.",
    )  # fmt: skip
    category = row_id(required=False, help_text="Of any level.")
    in_stock = serializers.BooleanField(default=False, help_text="Only what can be had now.")
    sort = serializers.ChoiceField(choices=Sort.choices, default=Sort.POPULAR)


class ProductsQuery(CriteriaQuery, PageQuery):
    pass


class TagFacetSerializer(serializers.Serializer[Any]):
    label = serializers.CharField(source="value")  # type: ignore[assignment]
    name = serializers.SerializerMethodField()
    products = serializers.IntegerField()

    def get_name(self, choice: Choice[str]) -> str:
        return local_label(choice.value)


class GuestView(APIView):
    """For anybody, logged in or not."""

    permission_classes = (AllowAny,)


class Categories(GuestView):
    @extend_schema(operation_id="categories", responses=DepartmentSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The tree: departments, their aisles, the shelves that products stand on."""
        return Response(DepartmentSerializer(catalogue.category_tree(), many=True).data)


class Products(GuestView):
    @extend_schema(
        operation_id="products", parameters=[ProductsQuery], responses=page_of(ListedCardSerializer)
    )
    def get(self, request: Request) -> Response:
        """The products on sale that meet the criteria: a list, a search, a shelf."""
        asked = asked_of(request, ProductsQuery)
        rows = catalogue.listed_products(catalogue.looked_up(_criteria(asked)))
        return page_answer(request, rows, asked, ListedCardSerializer)


class Facets(GuestView):
    @extend_schema(operation_id="facets", parameters=[CriteriaQuery], responses=TagFacetSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The tags that would narrow such a list, each with how many products it leaves."""
        tags = facets_of(catalogue.looked_up(_criteria(asked_of(request, CriteriaQuery)))).tags
        return Response(TagFacetSerializer([tag for tag in tags if not tag.is_chosen], many=True).data)


class OneProduct(GuestView):
    @extend_schema(operation_id="product", responses=ProductSerializer)
    def get(self, request: Request, product_id: int) -> Response:
        """A product, on sale or not, with what its reviews say."""
        shown = get_object_or_404(catalogue.whole_products(), pk=product_id)
        return Response(ProductSerializer(shown, context={"request": request}).data)


def _criteria(asked: dict[str, Any]) -> Criteria:
    category_id = asked.get("category")
    return Criteria(
        text=asked["q"],
        tags=tuple(dict.fromkeys(asked["tag"])),
        in_stock_only=asked["in_stock"],
        sort=Sort(asked["sort"]),
        category=get_object_or_404(Category.objects.open(), pk=category_id) if category_id else None,
        is_literal=True,  # a program could not be told that another word was looked for
    )
