"""A generated catalogue: as large as asked for, the same for the same numbers, never among other goods."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Sum
from pytest_django import Settings

from shop.models import Category, Product, ProductTag, Review, TagMention
from tests.shop.builders import a_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pictures(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def generate(*options: str) -> str:
    printed = StringIO()
    call_command("generate_catalogue", *options, stdout=printed)
    return printed.getvalue()


def content() -> list[object]:
    """What the rows say, without ids and the times of writing."""
    products = Product.objects.order_by("sku").values_list(
        "sku",
        "name",
        "name_zh",
        "brand",
        "selling_price",
        "original_price",
        "on_hand",
        "cover",
        "review_count",
    )
    reviews = Review.objects.order_by("product__sku", "pk").values_list(
        "product__sku", "stars", "title", "body"
    )
    tags = ProductTag.objects.order_by("product__sku", "rank").values_list("product__sku", "label", "count")
    return [*products, *reviews, *tags]


def test_there_are_as_many_products_and_reviews_as_asked_for_and_their_counts_are_true() -> None:
    printed = generate("--products", "300", "--reviews", "1000")
    assert (Product.objects.count(), Review.objects.count()) == (300, 1000)
    assert ": 300 products, 1,000 reviews." in printed
    counted = Product.objects.annotate(n=Count("reviews"), total=Sum("reviews__stars", default=0))
    assert counted.exclude(n=F("review_count"), total=F("stars_total")).count() == 0
    assert Category.objects.filter(level=3, products__isnull=False).exists()
    assert not Product.objects.exclude(category__level=3).exists()


def test_each_tag_is_mentioned_by_as_many_reviews_of_its_product_as_it_says() -> None:
    generate("--products", "40", "--reviews", "300")
    assert ProductTag.objects.count() > 0
    assert ProductTag.objects.annotate(n=Count("mentions")).exclude(n=F("count")).count() == 0
    assert TagMention.objects.exclude(review__product=F("tag__product")).count() == 0


def test_the_same_numbers_give_the_same_catalogue_and_another_seed_another() -> None:
    generate("--products", "20", "--reviews", "60")
    first = content()
    Product.objects.all().delete()
    generate("--products", "20", "--reviews", "60")
    again = content()
    Product.objects.all().delete()
    generate("--products", "20", "--reviews", "60", "--seed", "2")
    assert first == again != content()


def test_a_second_run_adds_nothing() -> None:
    generate("--products", "20", "--reviews", "60")
    before = content()
    assert ": 0 products, 0 reviews." in generate("--products", "20", "--reviews", "60")
    assert content() == before


@pytest.mark.parametrize("sku", [None, "tea-1"])
def test_a_shop_with_other_goods_is_left_alone_unless_told_otherwise(sku: str | None) -> None:
    a_product("Sencha", sku=sku)
    with pytest.raises(CommandError, match="sells other goods"):
        generate("--products", "5", "--reviews", "5")
    assert Product.objects.count() == 1
    generate("--products", "5", "--reviews", "5", "--anyway")
    assert Product.objects.count() == 6


@pytest.mark.parametrize("options", [("--products", "0"), ("--reviews", "-1")])
def test_numbers_that_make_no_sense_are_refused(options: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="1 product at least"):
        generate(*options)
    assert Product.objects.count() == 0
