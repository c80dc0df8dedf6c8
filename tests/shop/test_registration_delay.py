"""Accounts opened from one network address: twenty an hour at once, then with a growing delay."""

import pytest
from django.test import Client

from shop.models import Customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def opened(name: str, address: str) -> int:
    fields = {"login_name": name, "password1": "apricots-in-june", "password2": "apricots-in-june"}
    return Client(REMOTE_ADDR=address).post("/account/register/", fields).status_code


def test_after_twenty_accounts_an_address_waits_and_others_do_not() -> None:
    assert [opened(f"shopper-{n}", "10.0.0.1") for n in range(22)] == [302] * 21 + [429]
    assert Customer.objects.count() == 21
    assert opened("alice", "10.0.0.2") == 302


def test_a_form_that_is_wrong_does_not_count() -> None:
    assert [opened("no spaces please", "10.0.0.1") for _ in range(22)] == [422] * 22
    assert opened("alice", "10.0.0.1") == 302


def test_the_page_says_when_to_come_back() -> None:
    for n in range(21):
        opened(f"shopper-{n}", "10.0.0.1")
    fields = {"login_name": "alice", "password1": "apricots-in-june", "password2": "apricots-in-june"}
    response = Client(REMOTE_ADDR="10.0.0.1").post("/account/register/", fields)
    assert response["Retry-After"] == "1"
    assert "Many accounts were opened from here." in response.content.decode()
