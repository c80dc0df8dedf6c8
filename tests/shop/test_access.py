"""Registering, logging in and out, and the delay that grows with failed logins."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from shop.exceptions import EmailTaken, LoginDelayed, LoginNameTaken
from shop.models import Coupon, Customer, CustomerCoupon, LoginDelay
from shop.services.accounts import register
from shop.services.login_delays import claim_login_attempt, forget_login_delays, forgive_login_attempt
from tests.shop.builders import PASSWORD, a_coupon, a_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

SECRET = "apricots-in-june"
NEW = {"login_name": "alice", "email": "Alice@Example.org", "password1": SECRET, "password2": SECRET}
WRONG = {"username": "alice", "password": "wrong"}
RIGHT = {"username": "alice", "password": PASSWORD}


def fail(client: Client, times: int, **fields: str) -> None:
    for _ in range(times):
        assert client.post("/login/", WRONG | fields).status_code == 200


class Clock:
    def __init__(self) -> None:
        self.now = timezone.now()

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that only moves when told to."""
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock.now)
    return clock


def wait_of(login_name: str, address: str = "192.0.2.1") -> int:
    """The seconds that one more attempt has to wait; 0 where it was claimed."""
    try:
        claim_login_attempt(login_name=login_name, address=address)
    except LoginDelayed as delayed:
        return delayed.seconds
    return 0


def test_somebody_registers_is_logged_in_and_led_back(client: Client) -> None:
    response = client.post("/account/register/", NEW | {"next": "/search/?q=tea"}, follow=True)
    assert response.redirect_chain == [("/search/?q=tea", 302)]
    assert "Welcome to Larder, alice." in response.content.decode()
    alice = Customer.objects.get()
    assert (alice.login_name, alice.email) == ("alice", "alice@example.org")
    assert alice.check_password(SECRET)
    assert client.session["_auth_user_id"] == str(alice.pk)
    assert client.get("/account/register/").status_code == 302


def test_who_registers_is_given_what_is_for_new_customers(client: Client) -> None:
    a_coupon(name="Welcome", source="registration")
    a_coupon(name="Gone", source="registration", total_limit=1, claimed_count=1)
    a_coupon(name="Over", source="registration", valid_until=timezone.now())
    a_coupon(name="For the taking")
    page = client.post("/account/register/", NEW, follow=True).content.decode()
    assert "A coupon is waiting for you in your cart." in page
    alice = Customer.objects.get()
    assert [held.coupon.name for held in alice.coupons.all()] == ["Welcome"]
    assert list(Coupon.objects.order_by("pk").values_list("claimed_count", flat=True)) == [1, 1, 0, 0]
    client.post("/logout/")
    again = client.post("/account/register/", NEW, follow=True)
    assert again.status_code == 422
    assert CustomerCoupon.objects.count() == 1


def test_where_there_is_nothing_for_new_customers_nothing_is_promised(client: Client) -> None:
    assert "coupon" not in client.post("/account/register/", NEW, follow=True).content.decode().lower()


def test_an_email_is_optional_and_many_may_have_none(client: Client) -> None:
    for name in ("alice", "bob"):
        client.post("/account/register/", NEW | {"login_name": name, "email": ""})
        client.post("/logout/")
    assert list(Customer.objects.order_by("pk").values_list("login_name", "email")) == [
        ("alice", None),
        ("bob", None),
    ]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"login_name": "ALICE"}, "This login name is taken: choose another."),
        ({"login_name": "al ice"}, "Enter a valid username."),
        ({"login_name": ""}, "This field is required."),
        ({"email": "BOB@example.org"}, "Another account uses this e-mail address."),
        ({"email": "nowhere"}, "Enter a valid email address."),
        ({"password2": "apricots-in-july"}, "The two password fields didn’t match."),
        ({"password1": "12345678", "password2": "12345678"}, "This password is too common."),
        ({"login_name": "apricots-in-jun"}, "The password is too similar to the login name."),
    ],
)
def test_a_registration_that_cannot_be_taken_is_refused_and_keeps_what_was_typed(
    client: Client, changed: dict[str, str], sentence: str
) -> None:
    a_customer("alice", email="bob@example.org")
    response = client.post("/account/register/", NEW | {"login_name": "carol"} | changed)
    assert response.status_code == 422
    page = response.content.decode()
    assert sentence in page
    assert SECRET not in page
    assert f'value="{(NEW | changed)["email"]}"' in page or changed.get("email") == ""
    assert Customer.objects.count() == 1
    assert "_auth_user_id" not in client.session


def test_a_name_or_an_address_taken_in_the_meantime_is_named() -> None:
    a_customer("alice", email="alice@example.org")
    with pytest.raises(LoginNameTaken):
        register(login_name="alice", email=None, password=SECRET)
    with pytest.raises(EmailTaken):
        register(login_name="bob", email="Alice@example.org", password=SECRET)
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("address", ["/login/", "/account/register/"])
@pytest.mark.parametrize(
    "evil", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil"]
)
def test_nobody_is_led_to_another_site(client: Client, address: str, evil: str) -> None:
    a_customer("bob")
    data = NEW | {"username": "bob", "password": PASSWORD, "next": evil}
    assert client.post(address, data)["Location"] == "/"


def test_the_session_gets_a_new_key_at_login_and_ends_at_logout(client: Client) -> None:
    a_customer("alice")
    client.get("/login/")
    session = client.session
    session["kept"] = "a basket"
    session.save()
    before = session.session_key
    client.post("/login/", RIGHT)
    assert client.session.session_key != before
    assert client.session["kept"] == "a basket"
    page = client.post("/logout/", follow=True).content.decode()
    assert "You are logged out." in page
    assert "_auth_user_id" not in client.session


def test_three_failures_are_free_then_the_wait_doubles_and_is_told(client: Client, clock: Clock) -> None:
    a_customer("alice")
    fail(client, 4)
    for seconds in (1, 2, 4, 8):
        response = client.post("/login/", WRONG)
        assert response.status_code == 429
        assert response["Retry-After"] == str(seconds)
        assert f"Try again in {seconds} second" in response.content.decode()
        clock.passes(seconds=seconds)
        fail(client, 1)
    assert client.post("/login/", WRONG)["Retry-After"] == "16"


def test_during_the_wait_the_right_password_is_not_even_looked_at(client: Client, clock: Clock) -> None:
    a_customer("alice")
    fail(client, 4)
    response = client.post("/login/", RIGHT)
    assert response.status_code == 429
    assert "_auth_user_id" not in client.session
    clock.passes(seconds=1)
    assert client.post("/login/", RIGHT).status_code == 302


def test_the_wait_never_exceeds_five_minutes_and_is_forgotten_after_a_quiet_hour(
    client: Client, clock: Clock
) -> None:
    a_customer("alice")
    for _ in range(14):
        fail(client, 1)
        clock.passes(minutes=5)
    fail(client, 1)
    response = client.post("/login/", WRONG)
    assert response["Retry-After"] == "300"
    assert "Try again in 5 minutes." in response.content.decode()
    clock.passes(minutes=61)
    fail(client, 4)


def test_logging_in_lets_the_name_start_anew(client: Client, clock: Clock) -> None:
    a_customer("alice")
    fail(client, 3)
    client.post("/login/", RIGHT)
    client.post("/logout/")
    fail(client, 4)


def test_a_name_waits_in_whatever_case_and_from_wherever_and_others_do_not(clock: Clock) -> None:
    for number in range(4):
        assert wait_of("alice", f"192.0.2.{number}") == 0
    assert wait_of("ALICE", "192.0.2.9") == 1
    assert wait_of("bob", "192.0.2.9") == 0


def test_an_address_that_guesses_at_many_names_waits_and_a_success_gives_back_one_attempt_only(
    clock: Clock,
) -> None:
    for number in range(21):
        assert wait_of(f"name-{number}") == 0
    assert wait_of("another") == 1
    clock.passes(seconds=1)
    forgive_login_attempt(claim_login_attempt(login_name="own", address="192.0.2.1"))
    assert wait_of("another") == 0  # the 22nd failure
    assert wait_of("yet-another") == 2


def test_the_addresses_of_one_ipv6_network_are_one(clock: Clock) -> None:
    for number in range(21):
        assert wait_of(f"name-{number}", f"2001:db8::{number:x}") == 0
    assert wait_of("another", "2001:db8::ffff") == 1
    assert wait_of("another", "2001:db8:0:1::1") == 0


def test_behind_a_proxy_the_address_is_the_one_it_saw_not_the_one_the_client_claims(
    client: Client, settings: Settings, clock: Clock
) -> None:
    settings.PROXIES = 1
    for number in range(21):
        data = {"username": f"name-{number}", "password": "wrong"}
        forwarded = f"10.0.0.{number}, 192.0.2.1"
        assert client.post("/login/", data, headers={"x-forwarded-for": forwarded}).status_code == 200
    data = {"username": "another", "password": "wrong"}
    for seen, status in (("192.0.2.1", 429), ("192.0.2.2", 200)):
        headers = {"x-forwarded-for": f"10.9.9.9, {seen}"}
        assert client.post("/login/", data, headers=headers).status_code == status


def test_the_door_of_the_admin_has_the_same_delay(client: Client, clock: Clock) -> None:
    Customer.objects.create_superuser("alice", PASSWORD)
    fail(client, 4)
    response = client.post("/admin/login/", RIGHT)
    assert response.status_code == 429
    assert response["Retry-After"] == "1"
    assert "Too many failed logins. Try again in 1 second." in response.content.decode()
    assert "_auth_user_id" not in client.session
    clock.passes(seconds=1)
    assert client.post("/admin/login/", RIGHT | {"next": "/admin/"})["Location"] == "/admin/"
    assert client.get("/admin/login/")["Location"] == "/admin/"


def test_what_was_typed_is_not_stored_and_old_delays_are_forgotten(clock: Clock) -> None:
    wait_of("my-password-in-the-wrong-field")
    assert not any("my-password" in delay.key for delay in LoginDelay.objects.all())
    assert forget_login_delays() == 0
    clock.passes(days=2)
    assert forget_login_delays() == 2
    assert LoginDelay.objects.count() == 0
