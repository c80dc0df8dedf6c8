"""What the recommender adds to a customer's export."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.test import Client

from recommender.exceptions import RecommenderUnavailable
from recommender.models import Click, Impression, Interaction
from shop.models import Customer
from tests.shop.builders import a_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

THEN = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def alice(client: Client) -> Customer:
    customer = a_customer("alice")
    client.force_login(customer)
    return customer


def shown_to(customer_id: int, product_id: int) -> Impression:
    return Impression.objects.create(
        token=uuid4(), place="home", customer_id=customer_id, product_ids=[product_id],
        reasons=[{"kind": "tag", "label": "crunchy"}], is_fallback=False, shown_at=THEN,
    )  # fmt: skip


def test_it_holds_what_was_shown_and_what_was_learnt_from_and_nobody_elses(
    client: Client, alice: Customer
) -> None:
    Click.objects.create(impression=shown_to(alice.pk, 7), product_id=7, clicked_at=THEN)
    shown_to(alice.pk + 1, 8)
    for shopper, product_id in ((f"c{alice.pk}", 7), (f"c{alice.pk + 1}", 8)):
        Interaction.objects.create(
            kind="bought", source_id=product_id, shopper=shopper, product_id=product_id, at=THEN
        )
    told = client.get("/account/export/").json()["recommendations"]
    assert [(each["product_ids"], each["opened"]) for each in told["shown"]] == [([7], [7])]
    assert [(each["kind"], each["product_id"]) for each in told["learnt_from"]] == [("bought", 7)]


def test_without_the_recommender_the_rest_is_exported(
    client: Client, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(milliseconds: int) -> None:
        raise RecommenderUnavailable

    monkeypatch.setattr("recommender.export.page_patience", gone)
    told = client.get("/account/export/").json()
    assert told["profile"]["login_name"] == "alice"
    assert told["recommendations"].startswith("The recommender does not answer just now.")
