"""Forgotten and changed passwords: the mail, its link, and what nobody learns on the way."""

import re
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from kombu.exceptions import OperationalError

from config import celery_app
from shop.models import OutboxMessage
from shop.services.outbox import queue_reset_mail
from shop.services.sending import Delivered, deliver_outbox
from tests.shop.builders import PASSWORD, a_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

FORGOTTEN = "/account/password/forgotten/"
SECRET = "apricots-in-june"
NEW = {"new_password1": SECRET, "new_password2": SECRET}
LINK = re.compile(r"http://testserver(/account/password/new/\S+)")


def link_mailed(client: Client, email: str = "alice@example.org") -> str:
    assert client.post(FORGOTTEN, {"email": email}).status_code == 302
    deliver_outbox()
    found = LINK.search(str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_a_forgotten_password_is_replaced_through_a_mailed_link(client: Client) -> None:
    alice = a_customer("alice", email="Alice@example.org", nickname="Ali")
    link = link_mailed(client, " ALICE@example.org ")
    [sent] = mail.outbox
    assert sent.to == ["alice@example.org"]
    assert sent.subject == "A new password for Larder"
    assert "Hello Ali," in str(sent.body)
    assert "Your login name is alice." in str(sent.body)

    form = client.get(link, follow=True)
    assert "Choose a new password" in form.content.decode()
    response = client.post(form.request["PATH_INFO"], NEW, follow=True)
    assert "Your password is changed. Log in with the new one." in response.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(SECRET)
    assert "_auth_user_id" not in client.session


def test_a_link_works_once_and_for_an_hour(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = a_customer("alice", email="alice@example.org")
    link = link_mailed(client)
    late = datetime.now() + timedelta(hours=2)
    with monkeypatch.context() as later:
        later.setattr("django.contrib.auth.tokens.PasswordResetTokenGenerator._now", lambda self: late)
        assert "This link no longer works" in Client().get(link, follow=True).content.decode()
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], NEW)
    assert "This link no longer works" in Client().get(link, follow=True).content.decode()
    alice.refresh_from_db()
    assert alice.check_password(SECRET)


def test_the_answer_does_not_tell_whether_anybody_has_the_address(client: Client) -> None:
    a_customer("alice", email="alice@example.org")
    a_customer("bob", email="bob@example.org", is_deleted=True)
    answers = [
        client.post(FORGOTTEN, {"email": f"{name}@example.org"}, follow=True)
        for name in ("alice", "bob", "eve")
    ]
    pages = {re.sub(r'value="[^"]{64}"', "", answer.content.decode()) for answer in answers}
    assert len(pages) == 1
    assert "If an account has this e-mail address" in pages.pop()
    assert OutboxMessage.objects.count() == 3
    assert deliver_outbox() == Delivered(sent=3)
    assert [sent.to for sent in mail.outbox] == [["alice@example.org"]]


def test_nobody_is_buried_in_mails_and_unknown_addresses_wait_alike(client: Client) -> None:
    a_customer("alice", email="alice@example.org")
    for email in ("alice@example.org", "eve@example.org"):
        for _ in range(4):
            assert client.post(FORGOTTEN, {"email": email}).status_code == 302
        response = client.post(FORGOTTEN, {"email": email.upper()})
        assert response.status_code == 429
        assert response["Retry-After"] == "1"
    deliver_outbox()
    assert len(mail.outbox) == 4


@pytest.mark.parametrize("email", ["", "nowhere", "a@b", "alice@example.org\nbcc:eve@example.org"])
def test_what_is_no_address_is_refused(client: Client, email: str) -> None:
    assert client.post(FORGOTTEN, {"email": email}).status_code == 422
    assert OutboxMessage.objects.count() == 0


def test_a_mail_asked_for_while_the_broker_is_down_comes_when_there_is_a_worker(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*task: object, **options: object) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(celery_app, "send_task", down)
    a_customer("alice", email="alice@example.org")
    assert Client().get(link_mailed(client), follow=True).status_code == 200


def test_the_link_is_kept_nowhere(client: Client) -> None:
    a_customer("alice", email="alice@example.org")
    ticket = link_mailed(client).removesuffix("/").rpartition("/")[2]
    [message] = OutboxMessage.objects.all()
    assert ticket not in str(message.payload)


def test_the_mail_speaks_the_language_of_the_page(client: Client) -> None:
    alice = a_customer("alice", email="alice@example.org")
    for language in ("en", "zh-hans"):
        queue_reset_mail(customer_id=alice.pk, origin="https://shop.example", language=language)
    deliver_outbox()
    assert all("https://shop.example/account/password/new/" in str(sent.body) for sent in mail.outbox)
    assert [sent.subject for sent in mail.outbox] == ["A new password for Larder", "重设 Larder 密码"]


def test_changing_the_password_asks_for_the_old_one_and_ends_other_sessions(client: Client) -> None:
    alice, elsewhere = a_customer("alice"), Client()
    client.force_login(alice)
    elsewhere.force_login(alice)
    refused = client.post("/account/password/", NEW | {"old_password": "wrong"})
    assert "This is not your password." in refused.content.decode()
    assert elsewhere.get("/account/password/").status_code == 200
    client.post("/account/password/", NEW | {"old_password": PASSWORD})
    alice.refresh_from_db()
    assert alice.check_password(SECRET)
    assert client.get("/account/password/").status_code == 200
    assert elsewhere.get("/account/password/").status_code == 302


def test_a_new_password_overwrites_nothing_that_changed_in_the_meantime(client: Client) -> None:
    alice = a_customer("alice", email="alice@example.org")
    form = client.get(link_mailed(client), follow=True)
    type(alice).objects.update(is_locked=True)
    client.post(form.request["PATH_INFO"], NEW)
    alice.refresh_from_db()
    assert alice.check_password(SECRET)
    assert alice.is_locked
