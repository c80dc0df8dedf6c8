"""Search by words: what is called so first, rare words most, Chinese without spaces, no operators."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connections

from recommender.documents import forget_documents, store_documents, terms_in
from recommender.models import ProductEntry, ReviewEntry, SearchTerm, Spelling
from recommender.text_search import asked_for_terms, worded

pytestmark = pytest.mark.django_db(databases=["recommender"])


def an_entry(product_id: int, name: str = "", **fields: Any) -> ProductEntry:
    defaults = {"text": name, "category_ids": [], "is_available": True}
    return ProductEntry.objects.create(product_id=product_id, name=name, **(defaults | fields))


def a_review_of(product_id: int, body: str) -> None:
    ReviewEntry.objects.create(
        review_id=product_id * 100, product_id=product_id, stars=5, body=body, is_published=True
    )


def found(text: str) -> list[int]:
    return list(worded(asked_for_terms(text), ProductEntry.objects.all(), 10))


def test_what_a_product_is_called_counts_more_than_what_is_said_of_it() -> None:
    an_entry(1, "Truffles", detail="Goes well with coffee.")
    an_entry(2, "Espresso coffee")
    an_entry(3, "Rye bread")
    store_documents([1, 2, 3])
    assert found("a good coffee") == [2, 1]
    assert found("what is it") == []


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    for product_id in (1, 2, 3, 4):
        an_entry(product_id, "Green tea")
    an_entry(5, "Lentils", detail="For soup.")
    store_documents([1, 2, 3, 4, 5])
    assert found("tea or soup")[0] == 5


def test_reviews_are_read() -> None:
    an_entry(1, "Sencha")
    an_entry(2, "Assam")
    a_review_of(2, "Kept me awake on the night shift.")
    store_documents([1, 2])
    assert found("for the night shift") == [2]


def test_chinese_is_found_without_spaces_between_words() -> None:
    an_entry(1, "Longjing", name_zh="龙井绿茶")
    an_entry(2, "Milk", name_zh="牛奶")
    store_documents([1, 2])
    assert found("我想要一杯绿茶") == [1]


@pytest.mark.parametrize("text", ["coffee' | !tea", "c++ & (", "茶'&!", "*:*", "coffee:*"])
def test_signs_of_the_query_language_are_only_text(text: str) -> None:
    an_entry(1, "Bread")
    store_documents([1])
    assert found(text) == []


def test_an_accent_is_no_other_letter() -> None:
    an_entry(1, "Pumpkin purée")
    store_documents([1])
    assert found("puree") == found("purée") == [1]


def test_what_belongs_to_somebody_is_found_by_who_it_is() -> None:
    an_entry(1, "Toddlers' biscuits")
    an_entry(2, "Shepherd's pie")
    store_documents([1, 2])
    assert found("for my toddler's lunch") == [1]
    assert found("shepherd") == [2]


def test_terms_are_counted_as_documents_come_change_and_go() -> None:
    an_entry(1, "Green tea")
    an_entry(2, "Black tea")
    store_documents([1, 2])
    assert SearchTerm.objects.get(pk="tea").product_count == 2
    ProductEntry.objects.filter(pk=2).update(name="Cocoa", text="Cocoa")
    store_documents([2])
    forget_documents([1])
    assert set(SearchTerm.objects.values_list("text", "product_count")) == {("cocoa", 1)}


def spellings() -> dict[str, int]:
    return dict(Spelling.objects.values_list("text", "product_count"))


def test_words_are_counted_as_they_are_spelt_where_products_are_called_so() -> None:
    an_entry(1, "Green teas with jasmine", detail="Fragrant.")
    a_review_of(1, "Floral.")
    an_entry(2, "Jasmine rice 500g")
    store_documents([1, 2])
    assert spellings() == {"green": 1, "teas": 1, "with": 1, "jasmine": 2, "rice": 1}
    ProductEntry.objects.filter(pk=1).update(name="Brown rice", text="Brown rice")
    store_documents([1])
    assert spellings() == {"brown": 1, "rice": 2, "jasmine": 1}
    forget_documents([2])
    assert spellings() == {"brown": 1, "rice": 1}


def test_a_shop_that_is_migrated_has_the_words_of_its_products() -> None:
    an_entry(1, "Green tea", text="Green tea. With jasmine")
    an_entry(2, "Jasmine rice")
    with connections["recommender"].schema_editor() as editor:
        import_module("recommender.migrations.0026_spellings").count_words(apps, editor)
    assert spellings() == {"green": 1, "with": 1, "jasmine": 2, "rice": 1}
    store_documents([1])
    forget_documents([2])
    assert spellings() == {"green": 1, "with": 1, "jasmine": 1}


def test_a_stored_document_tells_its_terms() -> None:
    an_entry(1, "Black teas", name_zh="红茶")
    store_documents([1])
    assert sorted(terms_in(ProductEntry.objects.get(pk=1))) == ["black", "tea", "红", "红茶", "茶"]
