"""Who is let in: by token, by session, and for how long."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from shop.models import ApiToken, CartItem, Customer
from shop.services.accounts import set_password
from shop.services.closing import close_account
from shop.services.customers import lock_customers, unlock_customers
from shop.services.forgetting import forget_old_data
from shop.services.tokens import issue_token
from tests.shop.api.calls import Program
from tests.shop.builders import PASSWORD, a_customer, a_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

PRIVATE = ["cart/", "checkout/", "orders/", "orders/ABC/", "coupons/", "addresses/", "addresses/1/"]
NOT_COUNTING = {
    "code": "authentication_failed",
    "detail": "This token does not count, or not any more: get a new one.",
}


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


def logged_in(**changed: str) -> dict[str, Any]:
    sent: dict[str, Any] = {"login_name": "alice", "password": PASSWORD} | changed
    answer: dict[str, Any] = Program().post("token/", **sent)
    return answer


def with_token(key: str) -> Program:
    return Program(HTTP_AUTHORIZATION=f"Token {key}")


@pytest.mark.usefixtures("alice")
def test_a_login_gives_a_token_that_lets_in() -> None:
    answer = logged_in()
    assert with_token(answer["token"]).get("cart/") == {"lines": [], "pieces": 0, "has_problems": False}
    token = ApiToken.objects.get()
    assert answer["token"] not in (token.digest, token.session_hash)
    days = token.expires_at - timezone.now()
    assert timedelta(days=29) < days < timedelta(days=31)


@pytest.mark.parametrize("path", PRIVATE)
def test_a_guest_is_told_to_log_in(path: str) -> None:
    assert Program().get(path, 401)["code"] == "not_authenticated"
    response = Client().get(f"/api/v1/{path}")
    assert response["WWW-Authenticate"] == "Token"


def test_a_wrong_password_gives_none_and_soon_makes_the_next_try_wait(alice: Customer) -> None:
    for _ in range(4):
        refused = Program().post("token/", 422, login_name="alice", password="wrong")
        assert refused["code"] == "invalid"
        assert list(refused["fields"]) == ["non_field_errors"]
    response = Program().client.post("/api/v1/token/", {"login_name": "Alice", "password": PASSWORD})
    assert response.status_code == 429
    assert response["Retry-After"] == "1"
    assert response.json() == {
        "code": "login_delayed",
        "detail": "Too many failed logins. Try again in 1 second.",
        "seconds": 1,
    }
    assert ApiToken.objects.count() == 0


def test_the_wait_is_shared_with_the_login_page(alice: Customer) -> None:
    for _ in range(4):
        Client().post("/login/", {"username": "alice", "password": "wrong"})
    assert Program().post("token/", 429, login_name="alice", password=PASSWORD)["code"] == "login_delayed"


@pytest.mark.parametrize(
    "body", [{}, {"login_name": "alice\0", "password": "x"}, {"login_name": [], "password": {}}]
)
def test_a_login_that_cannot_be_read_is_refused(body: dict[str, Any]) -> None:
    assert Program().post("token/", 422, **body)["code"] == "invalid"


def test_a_token_can_be_given_back(alice: Customer) -> None:
    program, other = Program(alice), Program(alice)
    program.delete("token/current/")
    assert program.get("cart/", 401) == NOT_COUNTING
    other.get("cart/")


def test_locking_ends_the_tokens_for_good(alice: Customer) -> None:
    program = Program(alice)
    lock_customers(customer_ids=[alice.pk])
    assert program.get("cart/", 401) == NOT_COUNTING
    unlock_customers(customer_ids=[alice.pk])
    assert program.get("cart/", 401) == NOT_COUNTING


@pytest.mark.usefixtures("alice")
def test_a_locked_customer_may_log_in_and_read_but_not_buy() -> None:
    lock_customers(customer_ids=[Customer.objects.get().pk])
    program = with_token(logged_in()["token"])
    assert program.get("orders/")["count"] == 0
    refused = program.post("cart/items/", 403, product_id=a_product().pk, quantity=1)
    assert refused["code"] == "buying_locked"
    assert CartItem.objects.count() == 0


def test_closing_the_account_deletes_the_tokens(alice: Customer) -> None:
    program = Program(alice)
    close_account(customer=alice, remove_reviews=False)
    assert program.get("cart/", 401) == NOT_COUNTING
    assert ApiToken.objects.count() == 0


def test_a_token_is_worth_nothing_once_its_customer_is_deleted(alice: Customer) -> None:
    program = Program(alice)
    Customer.objects.update(is_deleted=True)
    assert program.get("cart/", 401) == NOT_COUNTING


def test_a_new_password_ends_the_tokens(alice: Customer) -> None:
    program = Program(alice)
    set_password(customer=alice, password="another-password")
    assert program.get("cart/", 401) == NOT_COUNTING


def test_an_expired_token_does_not_count_and_is_forgotten(alice: Customer) -> None:
    program, other = Program(alice), issue_token(customer=alice)
    ApiToken.objects.exclude(pk=other.token.pk).update(expires_at=timezone.now())
    assert program.get("products/", 401) == NOT_COUNTING
    assert forget_old_data().tokens == 1
    with_token(other.key).get("cart/")


@pytest.mark.parametrize("key", ["", "x", "x y", "\u00e9", "x" * 5000])
def test_what_is_no_token_lets_nobody_in(key: str) -> None:
    response = Client().get("/api/v1/cart/", headers={"authorization": f"Token {key}"})
    assert response.status_code == 401
    assert response.json()["code"] in ("authentication_failed", "not_authenticated")


def test_a_session_lets_in_and_writes_only_with_its_form_token(alice: Customer) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.get("/api/v1/cart/").status_code == 200
    body = {"product_id": a_product().pk, "quantity": 1}
    refused = browser.post("/api/v1/cart/items/", body, content_type="application/json")
    assert refused.status_code == 403
    assert refused.json()["code"] == "permission_denied"
    assert CartItem.objects.count() == 0
    browser.cookies["csrftoken"] = "a" * 32
    headers = {"x-csrftoken": "a" * 32}
    done = browser.post("/api/v1/cart/items/", body, content_type="application/json", headers=headers)
    assert done.status_code == 201
    assert CartItem.objects.count() == 1
