"""What the recommender's pages of the admin tell staff, and how they find it."""

import re

import pytest
from django.test import Client

from recommender.models import ReviewEntry, TagCluster
from recommender.services import catch_up
from recommender.withdrawing import withdraw_tags
from shop.models import Customer, Product
from tests.recommender.taggers import WordTagger
from tests.shop.builders import PASSWORD, a_product, a_review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

TAGS = "/admin/recommender/tagcluster/"
ENTRIES = "/admin/recommender/reviewentry/"


@pytest.fixture
def back_room(client: Client) -> Client:
    client.force_login(Customer.objects.create_superuser("admin", PASSWORD))
    return client


@pytest.fixture
def tea() -> Product:
    product = a_product("Sencha", name_zh="煎茶")
    for body in ("tasty and floral", "tasty", "torn when it came"):
        a_review(product, body=body)
    a_review(a_product("Crisps"), body="crunchy")
    catch_up(tagger=WordTagger())
    return product


def column(page: str, name: str) -> list[str]:
    """What stands in this column of a list."""
    return re.findall(rf'<t[dh] class="field-{name}[^"]*">(?:<[^>]+>)*([^<]*)', page)


def tag_of(product: Product, label: str) -> TagCluster:
    return TagCluster.objects.get(product_id=product.pk, medoid_id=label)


class TestReviewEntries:
    def test_one_shows_what_was_read_in_it_and_leads_to_the_products_tags(
        self, back_room: Client, tea: Product
    ) -> None:
        entry = ReviewEntry.objects.filter(product_id=tea.pk).earliest("pk")
        taste, aroma = tag_of(tea, "great taste"), tag_of(tea, "great aroma")
        page = back_room.get(f"{ENTRIES}{entry.pk}/change/").content.decode()
        assert rows_of(page) == [
            ("great aroma", "90%", f'<a href="{TAGS}{aroma.pk}/change/">great aroma</a>'),
            ("great taste", "90%", f'<a href="{TAGS}{taste.pk}/change/">great taste</a>'),
        ]

    def test_one_says_what_was_taken_off_and_what_is_in_no_tag(self, back_room: Client, tea: Product) -> None:
        entry = ReviewEntry.objects.filter(product_id=tea.pk).earliest("pk")
        withdraw_tags(tags=[tag_of(tea, "great aroma")], note="It is hay", actor_id=None)
        catch_up(tagger=WordTagger())
        tag_of(tea, "great taste").delete()
        page = back_room.get(f"{ENTRIES}{entry.pk}/change/").content.decode()
        assert rows_of(page) == [
            ("great aroma", "90%", "taken off this product"),
            ("great taste", "90%", "in no tag"),
        ]

    def test_one_in_which_nothing_was_read_says_so(self, back_room: Client) -> None:
        a_review(a_product(), body="Hm.")
        catch_up(tagger=WordTagger())
        page = back_room.get(f"{ENTRIES}{ReviewEntry.objects.get().pk}/change/").content.decode()
        assert '<div class="readonly">–</div>' in page

    def test_the_list_is_found_by_product_and_by_tag(self, back_room: Client, tea: Product) -> None:
        by_name = back_room.get(f"{ENTRIES}?q=煎茶").content.decode()
        assert column(by_name, "product_name") == ["Sencha"] * 3
        entry = ReviewEntry.objects.filter(product_id=tea.pk).earliest("pk")
        assert column(back_room.get(f"{ENTRIES}?q={entry.pk}").content.decode(), "review_id")[-1] == str(
            entry.pk
        )
        taste = tag_of(tea, "great taste")
        assert f'<a href="{ENTRIES}?tag={taste.pk}">2</a>' in back_room.get(TAGS).content.decode()
        carrying = back_room.get(f"{ENTRIES}?tag={taste.pk}").content.decode()
        assert column(carrying, "product_name") == ["Sencha", "Sencha"]
        assert "Sencha: great taste" in carrying


def rows_of(page: str) -> list[tuple[str, ...]]:
    """Of the table of labels."""
    return re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", page)


class TestTags:
    @pytest.mark.parametrize(
        ("term", "found"),
        [
            ("aroma", ["great aroma"]),
            ("GREAT", ["great taste", "great aroma"]),
            ("味道", ["great taste"]),
            ("senc", ["great taste", "great aroma", "poor packaging"]),
            ("煎茶", ["great taste", "great aroma", "poor packaging"]),
            ("crisps", ["crunchy"]),
            ("nothing like it", []),
        ],
    )
    @pytest.mark.usefixtures("tea")
    def test_they_are_found_by_a_part_of_a_label_or_by_their_product(
        self, back_room: Client, term: str, found: list[str]
    ) -> None:
        page = back_room.get(TAGS, {"q": term}).content.decode()
        assert sorted(column(page, "tag")) == sorted(found)

    @pytest.mark.usefixtures("tea")
    @pytest.mark.parametrize(
        ("polarity", "found"),
        [("-1", ["poor packaging"]), ("0", []), ("1", ["crunchy", "great aroma", "great taste"])],
    )
    def test_they_are_narrowed_by_polarity(self, back_room: Client, polarity: str, found: list[str]) -> None:
        page = back_room.get(TAGS, {"polarity": polarity}).content.decode()
        assert sorted(column(page, "tag")) == found

    def test_a_picture_is_described(self, back_room: Client, tea: Product) -> None:
        page = back_room.get(f"{TAGS}{tag_of(tea, 'great taste').pk}/change/").content.decode()
        assert 'alt="The labels of Sencha by meaning, in the colours of their tags"' in page
