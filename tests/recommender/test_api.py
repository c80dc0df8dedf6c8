"""Four products for programs, each with its reason."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from recommender import patience, shelf
from recommender.exceptions import RecommenderUnavailable
from recommender.services import catch_up
from shop.models import Product
from tests.recommender.taggers import WordTagger
from tests.shop.builders import a_product, a_review, a_shelf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture(autouse=True)
def unhurried(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RECOMMENDER_ASK_TIMEOUT_MS = settings.RECOMMENDER_PAGE_TIMEOUT_MS = 60_000
    monkeypatch.setattr(patience, "_rests_until", 0.0)


@pytest.fixture
def crisps() -> Product:
    """Crisps among six snacks on one shelf; they and the almonds are crunchy."""
    snacks = a_shelf("Snacks")
    names = ("Sea salt crisps", "Roasted almonds", "Rice cakes", "Oat bars", "Raisins", "Figs")
    products = [a_product(name, category=snacks, selling_price="16.00") for name in names]
    for product in products[:2]:
        a_review(product, body="crunchy")
    catch_up(tagger=WordTagger())
    return products[0]


def got(client: Client, path: str, status: int = 200, **query: Any) -> Any:
    response = client.get(f"/api/v1/{path}", query)
    assert response.status_code == status
    return response.json()


def test_four_alike_come_each_with_a_reason(client: Client, crisps: Product) -> None:
    offers = got(client, f"products/{crisps.pk}/alike/")
    assert len(offers) == 4
    assert crisps.pk not in [offer["product"]["id"] for offer in offers]
    assert offers[0]["product"]["name"] == "Roasted almonds"
    assert offers[0]["reason"] == {"kind": "tag", "label": "crunchy", "count": 1}
    assert offers[0]["sentence"] == "“crunchy”, says 1 review"
    assert [tag["label"] for tag in offers[0]["product"]["tags"]] == ["crunchy"]


@pytest.mark.usefixtures("crisps")
def test_a_wish_is_answered_with_what_was_understood(client: Client) -> None:
    answer = got(client, "ask/", q="something crunchy without nuts under 20 yuan")
    assert answer["understood"] == {
        "wanted": ["crunchy"],
        "unwanted": [],
        "without_words": ["nuts"],
        "unheard": [],
        "at_most": "20.00",
        "at_least": None,
    }
    assert answer["is_a_guess"] is False
    assert answer["offers"][0]["product"]["name"] == "Sea salt crisps"
    less = got(client, "ask/", q="something crunchy without nuts under 20 yuan", without=["nuts", "price"])
    assert less["understood"]["without_words"] == []
    assert less["understood"]["at_most"] is None


@pytest.mark.usefixtures("crisps")
def test_where_the_recommender_is_down_four_are_loved_and_nothing_is_understood(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*arguments: object, **named: object) -> None:
        raise RecommenderUnavailable

    monkeypatch.setattr(shelf, "intent_of", down)
    answer = got(client, "ask/", q="something crunchy")
    assert answer["understood"] is None
    assert [offer["reason"]["kind"] for offer in answer["offers"]] == ["loved"] * 4


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "t" * 201}, {"q": "tea\0"}])
def test_a_wish_that_cannot_be_read_is_refused(client: Client, query: dict[str, str]) -> None:
    refused = got(client, "ask/", 422, **query)
    assert refused["code"] == "invalid"
    assert list(refused["fields"]) == ["q"]


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("t" * 201, "Your sentence has 201 characters, 200 are read: make it shorter."),
        ("tea\0", "Your sentence holds a character that is no text: type it again."),
    ],
)
def test_a_program_is_told_the_pages_own_sentence(client: Client, sentence: str, says: str) -> None:
    assert got(client, "ask/", 422, q=sentence)["fields"] == {"q": [says]}


def test_of_no_product_nothing_is_alike(client: Client) -> None:
    assert got(client, "products/999/alike/", 404)["code"] == "not_found"
