"""What the recommender's pages of the admin tell staff, and how they find it."""

import re
from datetime import UTC, timedelta
from decimal import Decimal
from io import StringIO
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from recommender.chat.spending import this_month
from recommender.models import ChatCall, ChatMonth, Click, Impression, Placement, ReviewEntry, TagCluster
from recommender.services import catch_up
from recommender.withdrawing import withdraw_tags
from shop.models import Customer, Product
from tests.recommender.taggers import WordTagger
from tests.shop.builders import PASSWORD, a_customer, a_product, a_review

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


class TestFiguresOfTheFour:
    REPORT = "/admin/recommender/impression/report/"

    def test_the_page_says_what_the_command_prints(self, back_room: Client, tea: Product) -> None:
        shown = [
            Impression(
                token=uuid4(), place="alike", product_ids=[tea.pk] * 4, is_fallback=number == 0,
                reasons=[["tag", "great taste", 2]] * 3 + [["shelf", "", 0]], shown_at=timezone.now(),
            )
            for number in range(4)
        ]  # fmt: skip
        Impression.objects.bulk_create(shown)
        Click.objects.create(impression=shown[0], product_id=tea.pk, clicked_at=timezone.now())
        page = words_of(back_room.get(self.REPORT).content.decode())
        assert "Alike 4 1 25.0% 1 25.0% 75.0%" in page
        assert "Ask 0 0 0.0% 0 0.0% 0.0%" in page
        assert "1 of 2 products to be had were shown (50.0%)." in page
        assert "0 products wait for their tags to be made anew." in page
        printed = StringIO()
        call_command("recommender_report", stdout=printed)
        assert "1 of 2 products to be had were shown (50.0%)." in printed.getvalue()
        assert printed.getvalue().splitlines()[2].split() == [
            "alike", "4", "1", "25.0%", "1", "25.0%", "75.0%"
        ]  # fmt: skip

    def test_days_are_chosen_and_nonsense_is_the_usual_month(self, back_room: Client, tea: Product) -> None:
        Impression.objects.create(
            token=uuid4(), place="alike", product_ids=[tea.pk], reasons=[["shelf", "", 0]],
            is_fallback=False, shown_at=timezone.now() - timedelta(days=8),
        )  # fmt: skip
        alike = [
            words_of(back_room.get(self.REPORT, {"days": days}).content.decode()).count("Alike 1 0")
            for days in ("7", "30", "²", "9999999999")
        ]
        assert alike == [0, 1, 1, 1]

    def test_the_section_and_the_list_of_impressions_lead_to_it(self, back_room: Client) -> None:
        for address in ("/admin/recommender/", "/admin/recommender/impression/"):
            assert f'href="{self.REPORT}"' in back_room.get(address).content.decode()

    @pytest.mark.parametrize(
        ("role", "status"), [("catalogue desk", 200), ("support desk", 200), ("order desk", 403)]
    )
    def test_those_read_it_who_pin_or_answer(self, client: Client, role: str, status: int) -> None:
        member = a_customer("member", is_staff=True)
        member.groups.add(Group.objects.get(name=role))
        client.force_login(member)
        answer = client.get(self.REPORT)
        assert answer.status_code == status
        assert "chatcall" not in answer.content.decode()


class TestChatCalls:
    def test_the_list_and_the_report_add_up_the_month(self, back_room: Client, settings: Settings) -> None:
        settings.OPENAI_MONTHLY_BUDGET = Decimal(10)
        now = timezone.now()
        for outcome, called_at in (
            ("answered", now), ("answered", now), ("failed", now), ("failed", now - timedelta(days=32))
        ):  # fmt: skip
            ChatCall.objects.create(
                question="q", model="small-model", outcome=outcome, cost=Decimal("0.01"), called_at=called_at
            )
        ChatMonth.objects.create(month=this_month(), spent=Decimal("0.0345"))
        listed = back_room.get("/admin/recommender/chatcall/").content.decode()
        reported = back_room.get(TestFiguresOfTheFour.REPORT).content.decode()
        for page in (words_of(listed), words_of(reported)):
            assert f"{now.astimezone(UTC):%B %Y}: 0.0345 of 10.00 spent at the chat server." in page
            assert "asked 0, answered 2, unusable 0, failed 1" in page
        assert column(listed, "model") == ["small-model"] * 4
        assert back_room.get("/admin/recommender/chatcall/add/").status_code == 403

    def test_a_month_without_calls_has_cost_nothing(self, back_room: Client) -> None:
        assert ": 0.0000 of " in words_of(back_room.get("/admin/recommender/chatcall/").content.decode())


def test_a_products_page_leads_to_what_is_said_and_decided_of_it(back_room: Client, tea: Product) -> None:
    Placement.objects.create(product_id=tea.pk, kind="pin")
    withdraw_tags(tags=[tag_of(tea, "great aroma")], note="It is hay", actor_id=None)
    page = back_room.get(f"/admin/shop/product/{tea.pk}/change/").content.decode()
    leading = re.findall(r'href="(/admin/recommender/\w+/\?(?:product|beside)_id=\d+)"', page)
    assert [column(back_room.get(address).content.decode(), "product_name") for address in leading] == [
        ["Sencha"] * 3, ["Sencha"], ["Sencha"], []
    ]  # fmt: skip


def words_of(page: str) -> str:
    """What a page says, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())
