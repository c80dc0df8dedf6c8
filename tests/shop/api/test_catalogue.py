"""The catalogue for programs."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from shop.models import Category, Product
from tests.shop.builders import a_category, a_product, a_review, a_shelf, a_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def got(client: Client, path: str, status: int = 200, **query: Any) -> Any:
    response = client.get(f"/api/v1/{path}", query, headers={"accept-language": "en"})
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    return response.json()


def names(page: dict[str, Any]) -> list[str]:
    return [row["name"] for row in page["results"]]


def test_the_tree_has_three_levels_and_no_closed_category(client: Client) -> None:
    drinks = a_category("Drinks", rank=2)
    tea = a_category("Tea", drinks)
    green = a_category("Green tea", tea)
    a_category("Black tea", tea, is_deleted=True)
    bread = a_category("Bread", rank=1)
    assert got(client, "categories/") == [
        {"id": bread.pk, "name": "Bread", "children": []},
        {
            "id": drinks.pk,
            "name": "Drinks",
            "children": [
                {"id": tea.pk, "name": "Tea", "children": [{"id": green.pk, "name": "Green tea"}]},
            ],
        },
    ]


def test_a_listed_product_shows_what_a_card_shows(client: Client) -> None:
    shelf = a_shelf()
    tea = a_product(
        "Sencha", category=shelf, brand="Uji", cover="products/sencha.webp", original_price="12.00",
        selling_price="9.90", quantity="250.00", unit="g", on_hand=3,
    )  # fmt: skip
    a_tag(tea, "floral", a_review(tea, stars=4), share=0.5)
    assert got(client, "products/") == {
        "count": 1,
        "page": 1,
        "pages": 1,
        "results": [
            {
                "id": tea.pk,
                "name": "Sencha",
                "brief": "",
                "brand": "Uji",
                "category_id": shelf.pk,
                "cover": "http://testserver/media/products/sencha.webp",
                "original_price": "12.00",
                "selling_price": "9.90",
                "quantity": "250.00",
                "unit": "g",
                "in_stock": 3,
                "is_available": True,
                "limit_per_order": 20,
                "average_stars": 4.0,
                "review_count": 1,
                "tags": [{"label": "floral", "name": "floral", "polarity": 1, "count": 1, "share": 0.5}],
            }
        ],
    }


@pytest.fixture
def teas() -> Category:
    """Two teas and a bread; one of the teas is sold out."""
    shelf = a_shelf("Tea")
    sencha = a_product("Sencha", category=shelf, selling_price="9.00")
    a_product("Gyokuro", category=shelf, selling_price="30.00", on_hand=0)
    a_product("Rye bread", selling_price="5.00")
    a_product("Old tea", category=shelf, is_on_sale=False)
    a_tag(sencha, "floral", a_review(sencha))
    return shelf


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"sort": "price"}, ["Rye bread", "Sencha", "Gyokuro"]),
        ({"sort": "-price", "in_stock": "true"}, ["Sencha", "Rye bread"]),
        ({"q": "rye"}, ["Rye bread"]),
        ({"tag": "floral"}, ["Sencha"]),
        ({"tag": ["floral", "cheap"]}, []),
    ],
)
@pytest.mark.usefixtures("teas")
def test_the_criteria_are_those_of_the_pages(client: Client, query: dict[str, Any], found: list[str]) -> None:
    assert names(got(client, "products/", **query)) == found


def test_a_category_of_any_level_narrows_the_list(client: Client, teas: Category) -> None:
    department = teas.parent.parent if teas.parent else None
    assert department
    for category in (teas, department):
        found = got(client, "products/", category=category.pk, sort="price")
        assert names(found) == ["Sencha", "Gyokuro"]
    Category.objects.filter(pk=teas.pk).update(is_deleted=True)
    assert got(client, "products/", 404, category=teas.pk)["code"] == "not_found"


def test_facets_say_how_many_products_each_tag_leaves(client: Client, teas: Category) -> None:
    facets = got(client, "products/facets/", category=teas.pk)
    assert facets == [{"label": "floral", "name": "floral", "products": 1}]
    assert got(client, "products/facets/", tag="floral") == []


def test_a_list_comes_in_pages(client: Client) -> None:
    shelf = a_shelf()
    for number in range(5):
        a_product(f"Tea {number}", category=shelf)
    page = got(client, "products/", page=2, page_size=2, sort="newest")
    assert (page["count"], page["page"], page["pages"], names(page)) == (5, 2, 3, ["Tea 2", "Tea 1"])
    assert got(client, "products/", 404, page=4, page_size=2) == {
        "code": "not_found",
        "detail": "There is no such page: the last one is 3.",
    }


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ({"page_size": 101}, "page_size", "Ensure this value is less than or equal to 100."),
        ({"page_size": 0}, "page_size", "Ensure this value is greater than or equal to 1."),
        ({"page": -1}, "page", "Ensure this value is greater than or equal to 1."),
        ({"page": 10**30}, "page", "Ensure this value is less than or equal to 100000."),
        ({"page": "x"}, "page", "A valid integer is required."),
        ({"category": 2**63}, "category", f"Ensure this value is less than or equal to {2**63 - 1}."),
        ({"q": "tea\0"}, "q", "Null characters are not allowed."),
        ({"q": "t" * 101}, "q", "Ensure this field has no more than 100 characters."),
        ({"tag": ["floral", "\0"]}, "tag", "Null characters are not allowed."),
        ({"tag": list("abcde")}, "tag", "Ensure this field has no more than 4 elements."),
        ({"sort": "cheapest"}, "sort", '"cheapest" is not a valid choice.'),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(
    client: Client, query: dict[str, Any], field: str, sentence: str
) -> None:
    assert got(client, "products/", 422, **query) == {
        "code": "invalid",
        "detail": "Some of what you sent cannot be taken: the fields say why.",
        "fields": {field: [sentence]},
    }


def test_a_product_shows_its_path_tags_and_stars(client: Client) -> None:
    shelf = a_shelf("Green tea")
    tea = a_product("Sencha", category=shelf, detail="<p>From Uji.</p>")
    review = a_review(tea, stars=5)
    a_review(tea, stars=4)
    a_tag(tea, "floral", review, share=0.5)
    shown = got(client, f"products/{tea.pk}/")
    assert [step["name"] for step in shown["path"]][-1] == "Green tea"
    assert len(shown["path"]) == 3
    assert shown["detail"] == "<p>From Uji.</p>"
    assert [tag["label"] for tag in shown["tags"]] == ["floral"]
    assert [(bar["stars"], bar["count"], bar["percent"]) for bar in shown["stars"]] == [
        (5, 1, 50), (4, 1, 50), (3, 0, 0), (2, 0, 0), (1, 0, 0),
    ]  # fmt: skip
    assert shown["average_stars"] == 4.5


def test_a_product_off_sale_is_shown_as_such(client: Client) -> None:
    tea = a_product(is_on_sale=False)
    assert got(client, f"products/{tea.pk}/")["is_available"] is False


@pytest.mark.parametrize(
    "path", ["products/999/", f"products/{10**30}/", "products/x/", "nowhere/", "products", "categories/\0"]
)
def test_what_is_not_there_is_said_not_to_be_there_in_json(client: Client, path: str) -> None:
    assert got(client, quote(path), 404) == {"code": "not_found", "detail": "Not found."}


def test_what_a_view_does_not_do_is_said_in_json(client: Client) -> None:
    response = client.delete("/api/v1/products/")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"
    assert response.json()["code"] == "method_not_allowed"


def test_a_defect_is_owned_up_to_in_json_and_on_a_page(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("shop.selectors.catalogue.departments", lambda: 1 / 0)
    assert got(client, "categories/", 500) == {
        "code": "failed",
        "detail": "Something broke on our side. It has been written down: try again in a minute.",
    }
    page = client.get("/")
    assert page.status_code == 500
    assert page["Content-Type"] == "text/html; charset=utf-8"


def test_answers_are_in_the_language_asked_for(client: Client) -> None:
    tea = a_product("Sencha", name_zh="煎茶")
    chinese = {"accept-language": "zh-CN"}
    assert client.get(f"/api/v1/products/{tea.pk}/", headers=chinese).json()["name"] == "煎茶"
    refused = client.get("/api/v1/products/?page=9", headers=chinese).json()
    assert refused == {"code": "not_found", "detail": "没有这一页：最后一页是第 1 页。"}
    invalid = client.get("/api/v1/products/?page=x", headers=chinese).json()
    assert invalid["detail"] == "提交的内容有误，原因见各字段。"
    assert invalid["fields"] == {"page": ["请填写合法的整数值。"]}


@pytest.mark.parametrize("size", [1, 10])
def test_a_list_makes_three_queries_however_long_it_is(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, size: int
) -> None:
    for _ in range(size):
        tea = a_product()
        a_tag(tea, "floral", a_review(tea))
    with django_assert_num_queries(3):
        assert len(got(client, "products/", q="", page_size=10)["results"]) == size


@pytest.mark.parametrize("size", [1, 10])
def test_a_product_makes_three_queries_however_much_is_said_of_it(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, size: int
) -> None:
    tea = a_product()
    for number in range(size):
        a_tag(tea, f"label {number}", a_review(tea), rank=number)
    with django_assert_num_queries(3):
        assert len(got(client, f"products/{tea.pk}/")["tags"]) == size


@pytest.mark.parametrize("size", [1, 10])
def test_reviews_make_four_queries_however_many_they_are(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, size: int
) -> None:
    tea = a_product()
    a_tag(tea, "floral", *(a_review(tea) for _ in range(size)))
    with django_assert_num_queries(4):
        assert len(got(client, f"products/{tea.pk}/reviews/", page_size=10)["results"]) == size


def test_reviews_come_newest_first_and_narrow_by_tag_and_stars(client: Client) -> None:
    tea = a_product()
    old = a_review(tea, stars=4, title="Old", created_at=timezone.now() - timedelta(days=1))
    new = a_review(tea, stars=5, title="New", is_verified_purchase=True)
    a_review(tea, title="Held", status="held")
    a_tag(tea, "floral", old)
    path = f"products/{tea.pk}/reviews/"
    page = got(client, path)
    assert [row["title"] for row in page["results"]] == ["New", "Old"]
    assert page["results"][0] == {
        "id": new.pk,
        "author_name": new.author_name,
        "stars": 5,
        "title": "New",
        "body": "Tastes as it should.",
        "helpful_votes": 0,
        "is_verified_purchase": True,
        "is_imported": False,
        "created_at": timezone.localtime(new.created_at).isoformat(),
        "labels": [],
    }
    assert [row["title"] for row in got(client, path, tag="floral")["results"]] == ["Old"]
    assert got(client, path, tag="floral")["results"][0]["labels"] == ["floral"]
    assert [row["title"] for row in got(client, path, stars=5)["results"]] == ["New"]
    assert got(client, path, 422, stars=6)["fields"].keys() == {"stars"}
    assert got(client, "products/999/reviews/", 404)["code"] == "not_found"
    assert Product.objects.count() == 1
