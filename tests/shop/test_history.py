"""The browsing history: recorded by the product page, shown to its owner, erased, forgotten in time."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from shop.models import Customer, ProductView
from shop.selectors.history import Viewer
from shop.selectors.touched import Touch, TouchKind, touches_of
from shop.services.history import forget_old_views, record_view
from shop.tasks import forget_old_data
from tests.shop.builders import PASSWORD, a_customer, a_product, a_review, a_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

HISTORY = "/account/history/"


def seen_by(**viewer: object) -> list[str]:
    return list(ProductView.objects.filter(**viewer).order_by("pk").values_list("product__name", flat=True))


def looked_at(client: Client, *names: str) -> None:
    for name in names:
        client.get(a_product(name).get_absolute_url())


@pytest.fixture
def alice(client: Client) -> Customer:
    customer = a_customer("alice")
    client.force_login(customer)
    return customer


def test_what_a_customer_looks_at_is_recorded_and_shown_last_first(client: Client, alice: Customer) -> None:
    tea, bread = a_product("Sencha"), a_product("Rye bread", is_on_sale=False)
    for product in (tea, bread, tea):
        client.get(product.get_absolute_url())
    client.head(bread.get_absolute_url())
    assert seen_by(customer=alice) == ["Sencha", "Rye bread", "Sencha"]
    page = client.get(HISTORY).content.decode()
    assert page.count(">Sencha</a>") == page.count(">Rye bread</a>") == 1
    assert page.index("Sencha") < page.index("Rye bread")
    assert "We remember it for 90 days" in page


def test_a_guest_is_remembered_once_the_browser_sends_cookies_back(client: Client) -> None:
    looked_at(client, "Sencha", "Rye bread", "Honey")
    assert seen_by(customer=None) == ["Rye bread", "Honey"]
    assert ProductView.objects.values("visitor").distinct().count() == 1
    assert "Honey" in client.get(HISTORY).content.decode()
    assert "Honey" not in Client().get(HISTORY).content.decode()


def test_a_guests_cart_says_the_same_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of these very touches then serves the next page, too."""
    noon = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
    said = []
    for seconds in (1, 59, 61):
        monkeypatch.setattr(timezone, "now", lambda at=noon + timedelta(seconds=seconds): at)
        said.append(touches_of(Viewer(), in_cart=[7]))
    first, last = Touch(TouchKind.CARTED, 7, noon), Touch(TouchKind.CARTED, 7, noon + timedelta(minutes=1))
    assert said == [[first], [first], [last]]


def test_a_crawler_leaves_neither_views_nor_sessions(client: Client) -> None:
    product = a_product()
    for _ in range(3):
        client.cookies.clear()
        assert "sessionid" not in client.get(product.get_absolute_url()).cookies
    assert ProductView.objects.count() == 0


@pytest.mark.parametrize("door", ["login", "registration"])
def test_what_a_guest_looked_at_becomes_the_customers(client: Client, door: str) -> None:
    looked_at(client, "unremembered", "Sencha")
    elsewhere = Client()
    looked_at(elsewhere, "unremembered too", "Rye bread")
    if door == "login":
        a_customer("alice")
        client.post("/login/", {"username": "alice", "password": PASSWORD})
    else:
        data = {"login_name": "alice", "password1": "apricots-in-june", "password2": "apricots-in-june"}
        client.post("/account/register/", data)
    assert seen_by(customer=Customer.objects.get()) == ["Sencha"]
    assert seen_by(customer=None) == ["Rye bread"]


def test_history_is_erased_whole_or_for_one_product_and_only_ones_own(
    client: Client, alice: Customer
) -> None:
    looked_at(client, "Sencha", "Rye bread", "Honey")
    tea = ProductView.objects.get(product__name="Sencha").product
    bob = Client()
    bob.force_login(a_customer("bob"))
    bob.get(tea.get_absolute_url())
    client.post(f"{HISTORY}erase/{tea.pk}/")
    assert seen_by(customer=alice) == ["Rye bread", "Honey"]
    assert client.get(f"{HISTORY}erase/").status_code == 405
    assert '<summary class="button">Erase all of it</summary>' in client.get(HISTORY).content.decode()
    page = client.post(f"{HISTORY}erase/", follow=True).content.decode()
    assert "Your history is erased." in page
    assert "Nothing is remembered." in page
    assert seen_by() == ["Sencha"]


def test_a_guest_without_a_session_erases_nothing(client: Client, alice: Customer) -> None:
    looked_at(client, "Sencha")
    Client().post(f"{HISTORY}erase/")
    assert seen_by() == ["Sencha"]


def test_old_views_are_forgotten_in_batches(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr("shop.services.history.AT_ONCE", 2)
    settings.BROWSING_HISTORY_DAYS = 30
    alice, product = a_customer(), a_product()
    for days in (29, 31, 32, 33, 34, 35):
        seen_at = timezone.now() - timedelta(days=days)
        ProductView.objects.create(customer=alice, product=product, viewed_at=seen_at)
    assert forget_old_views() == 5
    assert ProductView.objects.count() == 1


def test_the_command_and_the_daily_task_forget_what_is_old() -> None:
    alice, product = a_customer(), a_product()
    long_ago = timezone.now() - timedelta(days=91)
    printed = StringIO()
    ProductView.objects.create(customer=alice, product=product, viewed_at=long_ago)
    call_command("forget_old_data", stdout=printed)
    assert printed.getvalue() == "Forgot 1 views, 0 login delays and 0 receivers.\n"
    ProductView.objects.create(customer=alice, product=product, viewed_at=long_ago)
    forget_old_data()
    assert ProductView.objects.count() == 0


def test_a_view_that_cannot_be_written_costs_the_record_not_the_page(
    client: Client, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(view: ProductView) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("shop.services.history.STORE", refuse)
    assert client.get(a_product("Sencha").get_absolute_url()).status_code == 200
    assert ProductView.objects.count() == 0


@pytest.mark.parametrize("products", [2, 9])
def test_the_history_makes_six_queries_however_long_it_is(
    client: Client, alice: Customer, django_assert_num_queries: DjangoAssertNumQueries, products: int
) -> None:
    looked_at(client, *[f"Tea {number}" for number in range(products)])
    with django_assert_num_queries(6):
        client.get(HISTORY)


def test_recording_is_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    product = a_product()
    with django_assert_num_queries(1):
        record_view(viewer=Viewer(visitor="somebody"), product=product)


@pytest.mark.parametrize("is_guest", [True, False])
@pytest.mark.parametrize("reviews", [1, 9])
def test_a_product_page_stays_within_its_budget_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, is_guest: bool, reviews: int
) -> None:
    product = a_product()
    for number in range(reviews):
        a_tag(product, f"tag {number}", a_review(product))
    if not is_guest:
        client.force_login(a_customer())
    client.get(product.get_absolute_url())
    client.get(product.get_absolute_url())
    with django_assert_num_queries(11 if is_guest else 12):
        client.get(product.get_absolute_url())
