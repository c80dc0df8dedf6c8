"""What was shown, and what of it was opened: counted behind the page, for people, for a while."""

import json
import re
from datetime import datetime, timedelta
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as settings_in_use
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from recommender import impressions, patience
from recommender.impressions import forget_impressions
from recommender.labelling import open_tagger
from recommender.models import Click, Impression, Place
from recommender.reporting import report
from recommender.services import catch_up
from shop.models import Customer, Product
from shop.selectors.customers import closed_customers
from tests.recommender.taggers import WordTagger
from tests.shop.builders import a_category, a_customer, a_product, a_review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

SHIPPED = settings_in_use.LABEL_MODEL_DIR
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


@pytest.fixture(autouse=True)
def unhurried(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings.RECOMMENDER_PAGE_TIMEOUT_MS = 60_000
    settings.BEHAVIOUR_DIR = settings.LABEL_MODEL_DIR = tmp_path  # which hold none
    monkeypatch.setattr(patience, "_rests_until", 0.0)
    monkeypatch.setattr(impressions, "WRITING_MS", 60_000)


@pytest.fixture
def tea() -> Product:
    shelf = a_category("Green tea", a_category(parent=a_category()))
    made = [a_product(f"Tea {number}", category=shelf) for number in range(6)]
    for product in made:
        a_review(product, body="floral")
    catch_up(tagger=WordTagger())
    return made[0]


def looked_at(client: Client, address: str, **headers: str) -> str:
    """The page; the test client closes its response, as a server does after the last byte."""
    return client.get(address, headers=BROWSER | headers).content.decode()


def links(page: str) -> list[str]:
    return re.findall(r'href="(/product/\d+/\?from=[0-9a-f]{32})"', page)


def test_what_a_page_shows_is_counted_with_its_reasons(client: Client, tea: Product) -> None:
    alice = a_customer("alice")
    client.force_login(alice)
    page = looked_at(client, tea.get_absolute_url())
    [impression] = Impression.objects.all()
    assert (impression.place, impression.customer_id, impression.beside_id) == (Place.ALIKE, alice.pk, tea.pk)
    assert [f"/product/{pk}/?from={impression.token.hex}" for pk in impression.product_ids] == links(page)
    assert impression.reasons == [["shelf", "", 0]] * 4
    assert not impression.is_fallback


def test_opening_one_counts_once_however_often(client: Client, tea: Product) -> None:
    link = links(looked_at(client, tea.get_absolute_url()))[1]
    for _ in range(3):
        looked_at(client, link)
    [click] = Click.objects.all()
    assert click.product_id == int(link.split("/")[2])
    assert click.impression.beside_id == tea.pk


def test_opening_one_at_the_reviews_that_its_reason_names_counts_too(client: Client) -> None:
    tea, *others = [a_product(f"Tea {number}") for number in range(5)]
    for product in (tea, *others):
        a_review(product, body="floral")
    catch_up(tagger=WordTagger())
    page = looked_at(client, tea.get_absolute_url())
    reasons = re.findall(r'<p class="reason"><a href="(\S+)">', page)
    assert [reason.partition("?")[0] for reason in reasons] == [
        link.partition("?")[0] for link in links(page)
    ]
    assert reasons[0].endswith("&amp;tag=great+aroma#reviews")
    looked_at(client, unescape(reasons[0]).removesuffix("#reviews"))
    assert Click.objects.get().product_id == int(reasons[0].split("/")[2])


def test_a_link_opened_days_later_or_for_another_product_or_made_up_is_no_click(
    client: Client, tea: Product
) -> None:
    link = links(looked_at(client, tea.get_absolute_url()))[0]
    token = link.rpartition("=")[2]
    looked_at(client, f"{tea.get_absolute_url()}?from={token}")  # it was not among the four
    looked_at(client, f"{tea.get_absolute_url()}?from={'0' * 32}")
    looked_at(client, f"{tea.get_absolute_url()}?from=%00")
    Impression.objects.update(shown_at=timezone.now() - timedelta(days=2))
    looked_at(client, link)
    assert Click.objects.count() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"user-agent": ""},
        {"sec-purpose": "prefetch"},
    ],
)
def test_robots_and_pages_fetched_in_advance_do_not_count(
    client: Client, tea: Product, headers: dict[str, str]
) -> None:
    page = looked_at(client, tea.get_absolute_url(), **headers)
    assert page.count('<article class="card">') == 4
    assert Impression.objects.count() == 0
    assert links(page) == []


def test_a_page_is_whole_where_nothing_can_be_written(
    client: Client, tea: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(impression: Impression) -> None:
        raise OperationalError("down")

    monkeypatch.setattr(impressions, "STORE", fails)
    assert looked_at(client, tea.get_absolute_url()).count('<article class="card">') == 4
    assert not Impression.objects.exists()


def test_what_is_old_and_what_was_shown_to_those_who_left_is_forgotten(
    client: Client, tea: Product, settings: Settings
) -> None:
    for login_name in ("alice", "bob"):
        client.force_login(a_customer(login_name))
        looked_at(client, tea.get_absolute_url())
    client.logout()
    looked_at(client, tea.get_absolute_url())
    Customer.objects.filter(login_name="bob").update(is_deleted=True)
    Impression.objects.filter(customer_id=None).update(
        shown_at=timezone.now() - timedelta(days=settings.IMPRESSION_DAYS, minutes=1)
    )
    assert forget_impressions() == 2
    assert Impression.objects.get().customer_id == Customer.objects.get(login_name="alice").pk


def test_the_shop_is_asked_about_some_customers_at_a_time(
    client: Client, tea: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database takes no more than some hundred thousand values in a question."""
    for login_name in ("alice", "bob", "charlie"):
        client.force_login(a_customer(login_name))
        looked_at(client, tea.get_absolute_url())
        looked_at(client, tea.get_absolute_url())
    Customer.objects.exclude(login_name="bob").update(is_deleted=True)
    asked: list[int] = []

    def counted(customer_ids: list[int]) -> set[int]:
        asked.append(len(customer_ids))
        return closed_customers(customer_ids)

    monkeypatch.setattr(impressions, "AT_ONCE", 2)
    monkeypatch.setattr(impressions, "closed_customers", counted)
    assert forget_impressions() == 4
    assert asked == [2, 1]
    assert {one.customer_id for one in Impression.objects.all()} == {
        Customer.objects.get(login_name="bob").pk
    }


def test_the_report_adds_up_what_was_shown_and_opened(client: Client, tea: Product) -> None:
    first, second, *_ = links(looked_at(client, tea.get_absolute_url()))
    looked_at(client, first)
    looked_at(client, second)
    Impression.objects.update(reasons=[["tag", "great taste", 1]] * 3 + [["shelf", "", 0]])
    printed = StringIO()
    call_command("recommender_report", stdout=printed)
    lines = printed.getvalue().splitlines()
    # The page itself and the two that were opened from it each showed four.
    assert lines[2].split() == ["alike", "3", "1", "33.3%", "2", "0.0%", "75.0%"]
    assert lines[3].split() == ["ask", "0", "0", "0.0%", "0", "0.0%", "0.0%"]
    assert lines[4].split() == ["for-you", "0", "0", "0.0%", "0", "0.0%", "0.0%"]
    shown = {pk for impression in Impression.objects.all() for pk in impression.product_ids}
    assert lines[5] == f"{len(shown)} of 6 products to be had were shown ({len(shown) / 6:.1%})."
    assert lines[6] == "0 reviews wait to be read, 0 products to be renewed."
    assert lines[7] == "Nothing is learnt from behaviour yet; 0 touches are there."


@pytest.mark.usefixtures("tea")
def test_another_model_has_all_reviews_to_read(settings: Settings) -> None:
    assert report(days=1).unlabelled_reviews == 0
    settings.LABEL_MODEL_DIR = SHIPPED
    assert report(days=1).unlabelled_reviews == 6
    catch_up(tagger=WordTagger(model_version=open_tagger(SHIPPED).model_version))
    assert report(days=1).unlabelled_reviews == 0


@pytest.mark.usefixtures("tea")
def test_the_report_is_written_for_machines_too(tmp_path: Path) -> None:
    call_command("recommender_report", json=tmp_path / "report.json", stdout=StringIO())
    found = json.loads((tmp_path / "report.json").read_text())
    assert [place["place"] for place in found["places"]] == ["alike", "ask", "for-you"]
    assert (found["products_available"], found["products_shown"]) == (6, 0)
    assert datetime.fromisoformat(found["since"]) < timezone.now()
    with pytest.raises(CommandError, match="is no file: name one to write"):
        call_command("recommender_report", json=tmp_path)


def test_days_that_are_none_are_refused() -> None:
    with pytest.raises(CommandError, match="--days is 0"):
        call_command("recommender_report", days=0)
