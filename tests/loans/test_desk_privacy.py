"""What a shopper says of their money is in the answer of the form that they sent, and nowhere else."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from loans.models import Application
from loans.services import deciding
from shop.models import Customer
from tests.loans.builders import a_draft, a_shopper

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

SECRETS = ("9876543.21", "8765432.19", "765432.19")  # too long to stand in a hash by chance
SAID = {
    "amount": "300", "months": "6", "income": SECRETS[0], "coapplicant_income": SECRETS[1],
    "obligations": SECRETS[2], "credit_history": "yes",
}  # fmt: skip


@pytest.fixture
def alice(client: Client) -> Customer:
    customer = a_shopper("alice", email="alice@example.com")
    client.force_login(customer)
    return customer


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    for name in ("django", "django.request", "django.template", "loans", "shop"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def cells_of_every_table(alias: str) -> Iterator[str]:
    connection = connections[alias]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 (our own)
            yield from (str(cell) for row in cursor.fetchall() for cell in row)


def told_in(texts: Iterator[str] | list[str]) -> list[str]:
    """Which of the secrets, however they are written."""
    whole = "\n".join(texts)
    forms = {secret: (secret, secret.replace(".", ""), secret.split(".")[0]) for secret in SECRETS}
    return [secret for secret, written in forms.items() if any(form in whole for form in written)]


def address_of(draft: Application) -> str:
    return f"/loans/applications/{draft.number}/form/"


def test_of_what_is_handed_in_nothing_can_be_read_anywhere(
    client: Client, alice: Customer, everything_logged: pytest.LogCaptureFixture
) -> None:
    draft = a_draft(alice)
    answer = client.post(address_of(draft), SAID)
    where = [answer["Location"], "/loans/", address_of(draft), "/account/export/"]
    pages = [client.get(address, follow=True).content.decode() for address in where]
    offer = draft.offers.get(kind="asked")
    pages.append(client.get(f"/loans/offers/{offer.number}/").content.decode())
    assert told_in([answer["Location"], answer.content.decode(), *pages]) == []
    assert told_in(list(cells_of_every_table("default"))) == []
    assert told_in([str(value) for value in client.session.items()]) == []
    assert told_in([everything_logged.text]) == []


def test_a_refused_form_shows_it_to_who_sent_it_and_keeps_nothing(
    client: Client, alice: Customer, everything_logged: pytest.LogCaptureFixture
) -> None:
    draft = a_draft(alice)
    answer = client.post(address_of(draft), SAID | {"amount": "320"})
    assert told_in([answer.content.decode()]) == list(SECRETS)
    assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert told_in([client.get(address_of(draft)).content.decode()]) == []
    assert told_in(list(cells_of_every_table("default"))) == []
    assert told_in([str(value) for value in client.session.items()]) == []
    assert told_in([everything_logged.text]) == []


@pytest.mark.parametrize("secret", ["9876543.21e999", "987654321987654321", "-9876543.21"])
def test_no_refusal_repeats_an_income_nor_logs_it(
    client: Client, alice: Customer, everything_logged: pytest.LogCaptureFixture, secret: str
) -> None:
    answer = client.post(address_of(a_draft(alice)), SAID | {"income": secret})
    shown = answer.content.decode()
    assert (answer.status_code, shown.count(secret)) == (422, 1)
    assert told_in([everything_logged.text]) == []


def test_an_error_while_it_is_decided_shows_nothing_of_it(
    client: Client,
    alice: Customer,
    everything_logged: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    """The report that a mail to the admins would hold, too."""
    settings.ADMINS = [("Zhang", "zhang@example.com")]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    client.raise_request_exception = False

    def breaks(*args: object) -> None:
        raise RuntimeError("the desk broke")

    monkeypatch.setattr(deciding, "decide", breaks)
    reporter = logging.getLogger("django")
    mailer = next(each for each in reporter.handlers if type(each).__name__ == "AdminEmailHandler")
    monkeypatch.setattr(mailer, "include_html", True)  # with the variables of every frame
    mailed: list[str] = []
    monkeypatch.setattr(
        mailer, "send_mail",
        lambda subject, message, *args, html_message=None, **kwargs: mailed.extend(
            [subject, message, html_message or ""]
        ),
    )  # fmt: skip
    draft = a_draft(alice)
    answer = client.post(address_of(draft), SAID)
    draft.refresh_from_db()
    assert (answer.status_code, draft.status) == (500, "submitted")
    assert "the desk broke" in "".join(mailed)
    assert "<pre>&#x27;********************&#x27;</pre>" in mailed[2]
    assert told_in([answer.content.decode()]) == []
    assert told_in([everything_logged.text]) == []
    assert told_in(mailed) == []


def test_no_statement_to_the_database_carries_it(client: Client, alice: Customer) -> None:
    draft = a_draft(alice)
    with CaptureQueriesContext(connections["default"]) as captured:
        client.post(address_of(draft), SAID)
    assert len(captured.captured_queries) > 5
    assert told_in([query["sql"] for query in captured.captured_queries]) == []
