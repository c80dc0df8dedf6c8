"""A session keeps what each of several requests at once changed of it."""

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client

from shop.sessions import SessionStore
from tests.shop.builders import PASSWORD, a_customer, a_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def a_session(**kept: object) -> str:
    session = SessionStore()
    session.update(kept)
    session.save()
    return str(session.session_key)


def kept(key: str) -> dict[str, object]:
    return dict(SessionStore(key).items())


def test_two_requests_that_change_different_things_are_both_kept() -> None:
    key = a_session(cart={"1": 1}, coupon=7, visitor="v")
    one, other = SessionStore(key), SessionStore(key)
    one["cart"], other["visitor"] = {"1": 2}, "w"
    del other["coupon"]
    one.save()
    other.save()
    assert kept(key) == {"cart": {"1": 2}, "visitor": "w"}


def test_what_is_changed_within_a_value_counts_as_changed() -> None:
    key = a_session(cart={"1": 1}, visitor="v")
    one, other = SessionStore(key), SessionStore(key)
    one["cart"]["1"] = 2
    other["visitor"] = "w"
    one.save()
    other.save()
    assert kept(key) == {"cart": {"1": 2}, "visitor": "w"}


def test_a_new_key_takes_all_along_and_an_emptied_session_nothing() -> None:
    session = SessionStore(a_session(cart={"1": 1}, visitor="v"))
    session.cycle_key()
    session["visitor"] = "w"
    session.save()
    key = str(session.session_key)
    assert kept(key) == {"cart": {"1": 1}, "visitor": "w"}
    emptied = SessionStore(key)
    emptied.clear()
    emptied.save()
    assert kept(key) == {}


def test_a_session_that_ended_meanwhile_does_not_come_back() -> None:
    key = a_session(cart={"1": 1})
    late = SessionStore(key)
    late["cart"] = {"1": 2}
    SessionStore(key).flush()
    with pytest.raises(UpdateError):
        late.save()
    assert not SessionStore().exists(key)


def test_a_guest_s_cart_is_there_after_each_change_and_goes_with_who_logs_in(client: Client) -> None:
    tea, rice = a_product("Tea"), a_product("Rice")
    alice = a_customer("alice")
    client.post(f"/cart/{tea.pk}/add/", {"quantity": 2})
    client.post(f"/cart/{rice.pk}/add/", {"quantity": 1})
    client.post(f"/cart/{tea.pk}/add/", {"quantity": 99})  # over its limit: refused
    client.post(f"/cart/{rice.pk}/remove/")
    client.post("/login/", {"username": "alice", "password": PASSWORD})
    assert [(item.product, item.quantity) for item in alice.cart_items.all()] == [(tea, 2)]
