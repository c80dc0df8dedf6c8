"""A customer's overview and profile."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from shop.exceptions import EmailTaken
from shop.models import Customer, Review
from shop.services.accounts import change_profile
from tests.shop.builders import PASSWORD, a_customer, a_review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

PROFILE = {"nickname": "Ali", "signature": "Tea first.", "email": "", "password": ""}


@pytest.fixture
def alice(client: Client) -> Customer:
    customer = a_customer("alice")
    client.force_login(customer)
    return customer


@pytest.mark.parametrize("address", ["", "profile/", "addresses/", "addresses/new/", "password/"])
def test_a_guest_logs_in_first_and_is_led_back(client: Client, address: str) -> None:
    response = client.get(f"/account/{address}")
    assert response["Location"] == f"/login/?next=/account/{address}"


def test_the_header_names_the_customer_and_no_cache_keeps_the_page(client: Client, alice: Customer) -> None:
    response = client.get("/account/")
    assert "no-store" in response["Cache-Control"]
    assert 'href="/account/"><span class="spoken">Your account: </span>alice</a>' in response.content.decode()


def test_the_overview_makes_three_queries(
    client: Client, alice: Customer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):
        client.get("/account/")


def test_a_profile_is_saved_and_reviews_go_under_the_new_name(client: Client, alice: Customer) -> None:
    review, other = a_review(customer=alice), a_review()
    changed_at = review.changed_at
    response = client.post("/account/profile/", PROFILE, follow=True)
    assert "Your profile is saved." in response.content.decode()
    alice.refresh_from_db()
    assert (alice.nickname, alice.signature, alice.email) == ("Ali", "Tea first.", None)
    review.refresh_from_db()
    assert (review.author_name, review.changed_at) == ("Ali", changed_at)
    assert Review.objects.get(pk=other.pk).author_name == other.author_name
    client.post("/account/profile/", PROFILE | {"nickname": ""})
    review.refresh_from_db()
    assert review.author_name == "alice"


def test_a_nickname_is_one_plain_line(client: Client, alice: Customer) -> None:
    client.post("/account/profile/", PROFILE | {"nickname": " A\u202eli \r\n  of\tTea "})
    alice.refresh_from_db()
    assert alice.nickname == "Ali of Tea"


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_new_email_address_needs_the_password(client: Client, alice: Customer, password: str) -> None:
    response = client.post(
        "/account/profile/", PROFILE | {"email": "alice@example.org", "password": password}
    )
    assert response.status_code == 422
    assert "This is not your password." in response.content.decode()
    alice.refresh_from_db()
    assert (alice.nickname, alice.email) == ("", None)


def test_an_email_address_is_changed_with_the_password_and_kept_without(
    client: Client, alice: Customer
) -> None:
    client.post("/account/profile/", PROFILE | {"email": "Alice@example.org", "password": PASSWORD})
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
    client.post("/account/profile/", PROFILE | {"email": "alice@example.org", "nickname": "Al"})
    alice.refresh_from_db()
    assert (alice.nickname, alice.email) == ("Al", "alice@example.org")


def test_anothers_email_address_is_refused_even_when_taken_in_the_meantime(
    client: Client, alice: Customer
) -> None:
    a_customer("bob", email="bob@example.org")
    data = PROFILE | {"email": "bob@example.org", "password": PASSWORD}
    assert (
        "Another account uses this e-mail address." in client.post("/account/profile/", data).content.decode()
    )
    with pytest.raises(EmailTaken):
        change_profile(customer=alice, nickname="Ali", signature="", email="bob@example.org")
    alice.refresh_from_db()
    assert (alice.nickname, alice.email) == ("", None)


def test_a_borrowed_session_guesses_the_password_no_faster(client: Client, alice: Customer) -> None:
    for number in range(4):
        client.post(
            "/account/profile/", PROFILE | {"email": "eve@example.org", "password": f"guess-{number}"}
        )
    data = PROFILE | {"email": "eve@example.org", "password": PASSWORD}
    assert "Too many failed logins" in client.post("/account/profile/", data).content.decode()
    data = {
        "old_password": PASSWORD,
        "new_password1": "apricots-in-june",
        "new_password2": "apricots-in-june",
    }
    assert "Too many failed logins" in client.post("/account/password/", data).content.decode()
    alice.refresh_from_db()
    assert alice.email is None
    assert alice.check_password(PASSWORD)


def test_a_profile_changes_nothing_but_the_profile(client: Client, alice: Customer) -> None:
    rights = {"is_staff": "1", "is_superuser": "1", "is_locked": "1", "login_name": "root", "id": "999"}
    client.post("/account/profile/", PROFILE | rights)
    client.post("/account/register/", rights)
    alice.refresh_from_db()
    assert (alice.nickname, alice.login_name) == ("Ali", "alice")
    assert (alice.is_staff, alice.is_superuser, alice.is_locked) == (False, False, False)


def test_registering_grants_no_rights(client: Client) -> None:
    secret = "apricots-in-june"
    data = {"login_name": "eve", "password1": secret, "password2": secret}
    client.post(
        "/account/register/", data | {"is_staff": "1", "is_superuser": "1", "session_generation": "9"}
    )
    eve = Customer.objects.get(login_name="eve")
    assert (eve.is_staff, eve.is_superuser, eve.session_generation) == (False, False, 0)


def test_names_and_signatures_are_shown_as_text(client: Client, alice: Customer) -> None:
    evil = "<script>alert(1)</script>"
    client.post("/account/profile/", PROFILE | {"nickname": evil, "signature": f'"{evil}'})
    review = a_review(customer=Customer.objects.get())
    for address in ("/account/", "/account/profile/", review.product.get_absolute_url()):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
