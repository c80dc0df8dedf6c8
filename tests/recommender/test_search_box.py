"""The shop's search box: words and meaning fused, mistyped words read, the database behind it."""

import re
import time
from collections.abc import Iterator
from typing import NoReturn

import pytest
from django.db import DatabaseError, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from recommender import finding, patience
from recommender.documents import store_documents
from recommender.embedding import Embedder, default_embedder
from recommender.exceptions import EmbedderUnusable
from recommender.finding import find, found_by, fused, mistakes_between, spelt, terms_for
from recommender.models import ProductEntry, SearchTerm
from recommender.services import catch_up
from shop.exceptions import FinderSilent
from shop.models import Product
from tests.recommender.taggers import WordTagger
from tests.shop.builders import a_category, a_product, a_review, a_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture(autouse=True)
def unhurried(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test machine may be slow; how long a page waits is another test's matter."""
    settings.RECOMMENDER_SEARCH_TIMEOUT_MS = 60_000
    monkeypatch.setattr(patience, "_rests_until", 0.0)


@pytest.fixture
def shelves() -> dict[str, Product]:
    teas = a_category("Green tea", a_category("Tea", a_category()), name_zh="绿茶")
    sweets = a_category("Sweets", a_category(parent=a_category()), name_zh="糖果")
    products = {
        "sencha": a_product("Uji Sencha", category=teas, name_zh="宇治煎茶", brand="Morning Leaf"),
        "longjing": a_product("Spring Longjing", category=teas, name_zh="龙井绿茶", on_hand=0),
        "dark": a_product("Dark chocolate 85 %", category=sweets, selling_price="30.00"),
        "milk": a_product("Milk chocolate", category=sweets, selling_price="12.00"),
        "lentils": a_product("Split red lentils", detail="For soup."),
        "sauce": a_product("Chilli crisp", name_zh="辣椒脆酱"),
        "gone": a_product("Old sencha", category=teas, is_on_sale=False),
    }
    a_review(products["lentils"], body="Kept me going through a night shift.")
    catch_up(tagger=WordTagger())
    return products


def names(client: Client, query: str, status: int = 200) -> list[str]:
    answer = client.get(f"/search/?{query}")
    assert answer.status_code == status
    return re.findall(r"<h3><a [^>]*>([^<]+)</a>", page_of(answer.content.decode()))


def page_of(html: str) -> str:
    """Without what is shown where nothing was found."""
    return html.split('id="suggestions-heading"', maxsplit=1)[0]


def test_the_words_are_looked_for_in_name_shelf_brand_and_reviews(
    client: Client, shelves: dict[str, Product]
) -> None:
    assert names(client, "q=sencha") == ["Uji Sencha"]
    assert set(names(client, "q=green+tea")) == {"Uji Sencha", "Spring Longjing"}
    assert names(client, "q=morning+leaf") == ["Uji Sencha"]
    assert names(client, "q=night+shifts") == ["Split red lentils"]


def test_chinese_is_found_without_spaces(client: Client, shelves: dict[str, Product]) -> None:
    assert set(names(client, "q=绿茶")) == {"Uji Sencha", "Spring Longjing"}
    assert names(client, "q=龙井") == ["Spring Longjing"]
    assert names(client, "q=辣酱") == ["Chilli crisp"]


def test_what_is_called_just_so_stands_first(client: Client, shelves: dict[str, Product]) -> None:
    assert names(client, "q=milk+chocolate")[0] == "Milk chocolate"
    assert names(client, "q=chocolate&sort=price") == ["Milk chocolate", "Dark chocolate 85 %"]


def test_what_is_of_the_kind_stands_before_what_has_it_in_it(client: Client) -> None:
    for name, name_zh in (
        ("Milk Chocolate", "牛奶巧克力"),
        ("Milk Loaf", "牛奶吐司"),
        ("Whole Milk, 1 l", "鲜牛奶(1升)"),
        ("Peanut Bars", "花生棒"),
        ("Rice Cakes", "糙米饼"),
        ("Crunchy Peanut Butter, 100 % nuts", "颗粒花生酱(100%花生)"),
    ):
        a_product(name, name_zh=name_zh, detail="Good with peanut butter (花生酱) and with milk (牛奶).")
    catch_up(tagger=WordTagger())
    assert names(client, "q=milk")[0] == names(client, "q=牛奶")[0] == "Whole Milk, 1 l"
    assert names(client, "q=peanut+butter")[0] == names(client, "q=花生酱")[0]
    assert names(client, "q=花生酱")[0] == "Crunchy Peanut Butter, 100 % nuts"
    assert names(client, "q=chocolates")[0] == "Milk Chocolate"


def test_what_only_a_review_says_stands_last(client: Client) -> None:
    treats, spread = a_product("Treats for dogs", detail="Dry food."), a_product("Peanut spread")
    a_review(spread, body="Dog food cupboard smells of it: dog food, dog food, dog food.")
    catch_up(tagger=WordTagger())
    assert names(client, "q=dog+food") == [treats.name, spread.name]


def test_a_beginning_is_enough(client: Client, shelves: dict[str, Product]) -> None:
    assert set(names(client, "q=choco")) == {"Milk chocolate", "Dark chocolate 85 %"}


def test_a_mistyped_word_is_read_and_may_be_meant_all_the_same(
    client: Client, shelves: dict[str, Product]
) -> None:
    page = client.get("/search/?q=dark+choclate").content.decode()
    assert "Showing results for “dark chocolate”." in page
    assert '<a href="?q=dark%20choclate&amp;exact=1">Search instead for “dark choclate”</a>' in page
    assert names(client, "q=dark+choclate")[0] == "Dark chocolate 85 %"
    exact = client.get("/search/?q=dark+choclate&exact=1").content.decode()
    assert "Showing results for" not in exact
    kept = client.get("/search/?q=chocolate&exact=1&sort=price").content.decode()
    assert '<input type="hidden" name="exact" value="1">' in kept


def test_a_mistyped_word_costs_two_statements_and_reads_no_product(shelves: dict[str, Product]) -> None:
    with CaptureQueriesContext(connections["recommender"]) as asked:
        assert spelt("choclate") == "chocolate"
        assert spelt("choclate lentlis") == "chocolate lentils"
    statements = [query["sql"] for query in asked]
    assert len(statements) == (1 + 2) + (1 + 2 * 2)
    assert not [sql for sql in statements if "recommender_productentry" in sql]


def test_a_mistyped_word_of_grammar_is_read_too() -> None:
    a_product("Biscuits with ginger")
    catch_up(tagger=WordTagger())
    assert spelt("biscits wiht ginger") == "biscuits with ginger"


def test_where_no_product_has_all_the_words_those_come_that_have_most(
    client: Client, shelves: dict[str, Product]
) -> None:
    page = client.get("/search/?q=dark+chocolate+truffle").content.decode()
    assert "Nothing has all of these words. These come closest:" in page
    assert "Dark chocolate 85 %" in page
    assert "Split red lentils" not in page_of(page)


def test_counts_facets_and_pages_are_of_what_was_found(client: Client) -> None:
    shelf = a_category("Teas", a_category(parent=a_category()))
    products = [a_product(f"Tea {number:02}", category=shelf, brand=f"B{number % 2}") for number in range(30)]
    for product in products[:5]:
        a_tag(product, "fresh")
    a_product("Bread", brand="B0")
    catch_up(tagger=WordTagger())
    page = client.get("/search/?q=tea").content.decode()
    assert '<p class="count" role="status">30 products</p>' in page
    assert "B0 <small>15</small>" in page
    first, second = names(client, "q=tea"), names(client, "q=tea&page=2")
    assert (len(first), len(second)) == (24, 6)
    assert len({*first, *second}) == 30
    assert set(names(client, "q=tea&tag=fresh")) <= {product.name for product in products[:5]}


def test_the_api_finds_the_same(client: Client, shelves: dict[str, Product]) -> None:
    answer = client.get("/api/v1/products/?q=night+shifts").json()
    assert [row["name"] for row in answer["results"]] == ["Split red lentils"]
    assert client.get("/api/v1/products/?q=choclate").json()["count"] == 0


def test_the_shop_is_asked_no_more_than_before(
    client: Client, shelves: dict[str, Product], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(6):
        client.get("/search/?q=chocolate")


def test_a_new_product_is_looked_for_by_the_database_until_all_is_read(
    client: Client, shelves: dict[str, Product]
) -> None:
    ProductEntry.objects.create(product_id=999, name="Matcha", text="Matcha", category_ids=[])
    with pytest.raises(FinderSilent):
        found_by("sencha")
    assert names(client, "q=encha") == ["Uji Sencha"]  # a piece of a word, as only the database finds it


def test_what_nobody_finds_the_database_looks_for(client: Client, shelves: dict[str, Product]) -> None:
    assert names(client, "q=85+%25") == ["Dark chocolate 85 %"]
    for text in ("%", "what is it", "quantum", "' | !tea", "茶&!"):
        assert client.get("/search/", {"q": text}).status_code == 200


@pytest.fixture
def broken() -> Iterator[None]:
    def fail(*_: object) -> None:
        raise DatabaseError

    with connections["recommender"].execute_wrapper(fail):
        yield


@pytest.mark.usefixtures("broken")
def test_the_page_is_whole_while_the_recommender_is_down(client: Client) -> None:
    a_product("Uji Sencha")
    assert names(client, "q=sencha") == ["Uji Sencha"]


def test_the_page_does_not_wait_longer_than_it_may(
    client: Client, shelves: dict[str, Product], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(text: str, is_literal: bool) -> None:
        with connections["recommender"].cursor() as cursor:
            cursor.execute("SELECT pg_sleep(30)")

    monkeypatch.setattr(finding, "found_by", sleep)
    settings.RECOMMENDER_SEARCH_TIMEOUT_MS = 100
    assert names(client, "q=sencha") == ["Uji Sencha"]


def test_words_alone_will_do_while_there_is_no_encoder(
    shelves: dict[str, Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> NoReturn:
        raise EmbedderUnusable(None, "not installed")

    monkeypatch.setattr(finding, "embedder_in_use", missing)
    assert set(found_by("chocolate").product_ids) == {shelves["dark"].pk, shelves["milk"].pk}


def test_nor_while_it_is_loaded_longer_than_a_page_waits(
    shelves: dict[str, Product], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    embedder = default_embedder()

    def slow() -> Embedder:
        time.sleep(1.1)
        return embedder

    monkeypatch.setattr(finding, "embedder_in_use", slow)
    settings.RECOMMENDER_SEARCH_TIMEOUT_MS = 1_000
    assert set(find("chocolate", False).product_ids) == {shelves["dark"].pk, shelves["milk"].pk}


def test_ranks_are_fused_by_their_reciprocals() -> None:
    assert fused([[1, 2, 3], [3, 4]]) == [3, 1, 2, 4]
    assert fused([[], []]) == []


def test_a_word_that_few_have_is_weightier_and_an_unknown_one_begins_something() -> None:
    SearchTerm.objects.bulk_create(
        [SearchTerm(text="tea", product_count=40), SearchTerm(text="jasmin", product_count=2)]
    )
    terms = {term.text: term.rarity for term in terms_for("jasmine teas matc")}
    assert list(terms) == ["jasmin", "tea", "matc:*"]
    assert terms["jasmin"] > terms["tea"]


@pytest.mark.parametrize(
    ("one", "other", "mistakes"),
    [
        ("tea", "tea", 0),
        ("penut", "peanut", 1),
        ("taer", "tear", 1),
        ("biscits", "biscuits", 1),
        ("", "ab", 2),
    ],
)
def test_mistakes_are_letters_missing_added_changed_or_exchanged(one: str, other: str, mistakes: int) -> None:
    assert mistakes_between(one, other) == mistakes_between(other, one) == mistakes


def test_a_word_that_many_have_is_never_taken_for_another() -> None:
    for product_id in range(1, 12):
        ProductEntry.objects.create(product_id=product_id, name="Pasta", text="Pasta", category_ids=[])
    ProductEntry.objects.create(product_id=20, name="Paste", text="Paste", category_ids=[])
    store_documents([*range(1, 12), 20])
    ProductEntry.objects.update(published_revision=1)
    assert found_by("paste").spelling == ""
    assert found_by("pastaa").spelling == "pasta"
