"""Four products like the one on the page, each with its reason; the page is whole whatever happens."""

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from recommender import patience, shelf
from recommender.services import catch_up
from shop.models import Product
from tests.recommender.taggers import WordTagger
from tests.shop.builders import a_category, a_product, a_review

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("english"),
]


@pytest.fixture(autouse=True)
def unhurried(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RECOMMENDER_PAGE_TIMEOUT_MS = 60_000
    monkeypatch.setattr(patience, "_rests_until", 0.0)


def a_shelf_of(name: str, *products: str, says: str = "tasty") -> list[Product]:
    category = a_category(name, a_category(parent=a_category()))
    made = [a_product(product, category=category) for product in products]
    for product in made:
        a_review(product, body=says)
    return made


def alike(client: Client, product: Product) -> list[tuple[str, str]]:
    """Names and reasons of the page's four."""
    page = client.get(product.get_absolute_url()).content.decode()
    cards = page.split('class="alike"')[1].split("</section>")[0].split('<article class="card">')[1:]
    return [
        (
            card.split("<h3>")[1].split("</a>")[0].rpartition(">")[2],
            card.split('class="reason">')[1].split("</p>")[0],
        )
        for card in cards
    ]


def test_four_of_its_kind_with_a_tag_that_both_hold(client: Client) -> None:
    sencha, *_ = a_shelf_of("Green tea", "Sencha", "Longjing", "Gyokuro", "Matcha", "Bancha", says="floral")
    a_shelf_of("Bread", *"ABCDEFGHIJ", says="crunchy")
    catch_up(tagger=WordTagger())
    four = alike(client, sencha)
    assert {name for name, _ in four} == {"Longjing", "Gyokuro", "Matcha", "Bancha"}
    assert all("“great aroma”, says 1 review" in reason for _, reason in four)


def test_a_tag_that_nearly_everything_has_is_no_reason_on_the_same_shelf(client: Client) -> None:
    sencha, *_ = a_shelf_of("Green tea", "Sencha", "Longjing", "Gyokuro", "Matcha", "Bancha")
    catch_up(tagger=WordTagger())
    assert {reason for _, reason in alike(client, sencha)} == {"From the same shelf"}


def test_criticism_in_common_is_no_reason(client: Client) -> None:
    sencha, *_ = a_shelf_of("Green tea", "Sencha", "Longjing", "Gyokuro", "Matcha", "Bancha", says="worms")
    catch_up(tagger=WordTagger())
    assert {reason for _, reason in alike(client, sencha)} == {"From the same shelf"}


def test_itself_what_sold_out_since_and_the_withdrawn_are_left_out(client: Client) -> None:
    sencha, sold_out, withdrawn, *_ = a_shelf_of("Green tea", *"ABCDEFG")
    catch_up(tagger=WordTagger())
    Product.objects.filter(pk=sold_out.pk).update(on_hand=0)
    Product.objects.filter(pk=withdrawn.pk).update(is_on_sale=False)
    assert {name for name, _ in alike(client, sencha)} == set("DEFG")


def test_four_flavours_of_one_thing_do_not_fill_the_four(client: Client) -> None:
    jams = [f"Mixed fruit spread in a jar, {size}" for size in ("large", "larger", "large one")]
    honey, *_ = a_shelf_of("Breakfast", "Honey in a jar", *jams, "Rye loaf", "Butter", "Oats", says="floral")
    catch_up(tagger=WordTagger())
    assert len(set(jams).intersection(name for name, _ in alike(client, honey))) == 1


def test_in_a_shop_of_two_the_free_places_stay_free(client: Client) -> None:
    sencha, longjing = a_shelf_of("Green tea", "Sencha", "Longjing")
    catch_up(tagger=WordTagger())
    assert [name for name, _ in alike(client, sencha)] == [longjing.name]


def test_a_product_that_the_recommender_does_not_know_yet_shows_what_is_loved(client: Client) -> None:
    sencha, *_ = a_shelf_of("Green tea", *"ABCDEF")
    four = alike(client, sencha)
    assert len(four) == 4
    assert {reason for _, reason in four} == {"Among the most loved here"}


def test_where_the_database_is_down_the_page_is_whole(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sencha, *_ = a_shelf_of("Green tea", *"ABCDEF")

    def down(*args: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(shelf, "alike", down)
    assert {reason for _, reason in alike(client, sencha)} == {"Among the most loved here"}
    monkeypatch.setattr(shelf, "alike", lambda product_id: pytest.fail("it was asked while it rests"))
    assert len(alike(client, sencha)) == 4
