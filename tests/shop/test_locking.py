"""Locking a customer: sessions end at once, buying and reviewing stop, reading goes on."""

from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import Settings

from shop.models import Customer, Review
from shop.services.customers import lock_customers
from tests.shop.builders import PASSWORD, a_customer, a_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

WORDS = {"stars": "4", "title": "Good", "body": "Crisp and not too sweet."}


@pytest.fixture
def back_room() -> Client:
    staff = Client()
    staff.force_login(Customer.objects.create_superuser("charlie", PASSWORD))
    return staff


def act(back_room: Client, action: str, *customers: Customer) -> str:
    data = {"action": action, "_selected_action": [customer.pk for customer in customers]}
    return back_room.post("/admin/shop/customer/", data, follow=True).content.decode()


@pytest.mark.parametrize("engine", ["db", "cache", "cached_db", "file", "signed_cookies"])
def test_locking_ends_all_sessions_at_once_wherever_they_are_stored(
    settings: Settings, tmp_path: Path, engine: str
) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    alice, bob = a_customer("alice"), a_customer("bob")
    phone, laptop, bobs = Client(), Client(), Client()
    for client, owner in ((phone, alice), (laptop, alice), (bobs, bob)):
        client.post("/login/", {"username": owner.login_name, "password": PASSWORD})
        assert client.get("/account/").status_code == 200
    lock_customers(customer_ids=[alice.pk])
    assert phone.get("/account/").status_code == 302
    assert laptop.get("/account/").status_code == 302
    assert bobs.get("/account/").status_code == 200


def test_a_locked_customer_logs_in_again_reads_and_may_not_review(client: Client) -> None:
    alice, product = a_customer("alice"), a_product()
    client.force_login(alice)
    lock_customers(customer_ids=[alice.pk])
    assert client.post(f"{product.get_absolute_url()}reviews/", WORDS)["Location"].startswith("/login/")
    client.post("/login/", {"username": "alice", "password": PASSWORD})
    assert "Your account is locked" in client.get("/account/").content.decode()
    assert client.get(product.get_absolute_url()).status_code == 200
    assert client.post(f"{product.get_absolute_url()}reviews/", WORDS).status_code == 403
    assert Review.objects.count() == 0


def test_staff_lock_and_unlock_and_the_history_says_who_did(back_room: Client) -> None:
    alice, bob = a_customer("alice"), a_customer("bob", is_locked=True)
    assert "1 customer is now locked." in act(back_room, "lock", alice, bob)
    assert list(Customer.objects.filter(is_locked=True).order_by("pk")) == [alice, bob]
    assert "2 customers are now unlocked." in act(back_room, "unlock", alice, bob)
    assert Customer.objects.filter(is_locked=True).count() == 0
    entries = LogEntry.objects.order_by("pk").values_list("user__login_name", "object_repr", "change_message")
    assert list(entries) == [
        ("charlie", "alice", "locked."),
        ("charlie", "alice", "unlocked."),
        ("charlie", "bob", "unlocked."),
    ]


def test_staff_do_not_lock_themselves_out(back_room: Client) -> None:
    charlie = Customer.objects.get()
    assert "0 customers are now locked." in act(back_room, "lock", charlie)
    charlie.refresh_from_db()
    assert (charlie.is_locked, charlie.session_generation) == (False, 0)


def test_an_edit_in_the_back_room_neither_locks_nor_undoes_a_lock(back_room: Client) -> None:
    alice = a_customer("alice")
    address = f"/admin/shop/customer/{alice.pk}/change/"
    lock_customers(customer_ids=[alice.pk])
    data = {"login_name": "alice", "nickname": "Ali", "signature": "", "email": "", "is_locked": ""}
    assert back_room.post(address, data).status_code == 302
    alice.refresh_from_db()
    assert (alice.nickname, alice.email, alice.is_locked, alice.session_generation) == ("Ali", None, True, 1)


def test_unlocking_does_not_bring_old_sessions_back(client: Client, back_room: Client) -> None:
    alice = a_customer("alice")
    client.force_login(alice)
    act(back_room, "lock", alice)
    act(back_room, "unlock", alice)
    assert client.get("/account/").status_code == 302
