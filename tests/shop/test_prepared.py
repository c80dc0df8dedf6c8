"""What is asked by a question that was composed before is what the database would answer to a new one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils.safestring import mark_safe

from shop.models import CartItem, Category, Product, ProductView
from shop.prepared import MOST_VALUES, Prepared, PreparedInsert
from shop.services.cart import add_to_cart
from tests.shop.builders import a_customer, a_product, a_shelf

pytestmark = pytest.mark.django_db


def test_other_values_get_their_own_rows() -> None:
    tea, rice = a_product(name="Tea"), a_product(name="Rice")
    named = Prepared[Product](lambda name: Product.objects.filter(name=name))
    assert (named("Tea"), named("Rice"), named("Salt")) == ([tea], [rice], [])
    assert named(mark_safe("Rice")) == [rice]  # a kind of text


def test_nothing_of_an_answer_is_kept() -> None:
    tea = a_product(name="Tea")
    of_id = Prepared[Product](lambda product_id: Product.objects.filter(pk=product_id))
    assert of_id(tea.pk)[0].name == "Tea"
    Product.objects.filter(pk=tea.pk).update(name="Green tea")
    assert of_id(tea.pk)[0].name == "Green tea"
    tea.delete()
    assert not of_id(tea.pk or 0)


def test_rows_are_whole_with_what_is_joined_named_and_put_off() -> None:
    tea = a_product(name="Tea", category=a_shelf(), detail="Long")
    alice = a_customer()
    add_to_cart(customer=alice, product_id=tea.pk, quantity=2)
    lines = Prepared[CartItem](
        lambda customer_id: (
            CartItem.objects.filter(customer=customer_id)
            .select_related("product__category")
            .annotate(aisle=F("product__category__parent__name"))
            .defer("product__detail")
        )
    )
    lines(alice.pk)
    with CaptureQueriesContext(connection) as captured:
        [line] = lines(alice.pk)
        assert (line.quantity, line.product, line.product.category) == (2, tea, tea.category)
        assert line.aisle == tea.category.parent.name  # type: ignore[attr-defined, union-attr]
    assert len(captured) == 1
    assert line.product.detail == "Long"


def test_as_many_values_as_are_given_and_values_in_place_of_rows() -> None:
    goods = [a_product(name=f"Product {number}") for number in range(5)]
    names = Prepared[tuple[str, int]](
        lambda *product_ids: (
            Product.objects.filter(pk__in=product_ids).order_by("pk").values_list("name", "pk")
        )
    )
    for count in (5, 1, 3):
        chosen = goods[:count]
        assert names(*(product.pk for product in chosen)) == [
            (product.name, product.pk) for product in chosen
        ]
    assert len(names(*range(1, MOST_VALUES + 1))) <= 5


def test_a_question_of_nothing() -> None:
    shelf = a_shelf()
    open_ones = Prepared[Category](lambda: Category.objects.open().filter(level=3))
    assert open_ones() == [shelf]


def test_a_row_is_stored_as_its_model_would_store_it() -> None:
    alice, tea = a_customer(), a_product()
    store = PreparedInsert(ProductView)
    for customer, visitor in ((alice, ""), (None, "a guest")):
        store(ProductView(customer=customer, visitor=visitor, product=tea))
        by_model = ProductView.objects.create(customer=customer, visitor=visitor, product=tea)
        stored = ProductView.objects.get(customer=customer, visitor=visitor, pk__lt=by_model.pk)
        assert stored.product == tea
        assert abs(stored.viewed_at - by_model.viewed_at) < timedelta(minutes=1)
