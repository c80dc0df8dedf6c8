"""A borrower's data, and a borrower who closes their account."""

import json
from decimal import Decimal

import pytest
from django.test import Client

from loans.models import Application
from shop.models import Customer
from tests.loans.builders import a_decided, a_loan, a_shopper, pay
from tests.shop.builders import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def alice(client: Client) -> Customer:
    customer = a_shopper("alice")
    client.force_login(customer)
    return customer


def test_the_export_holds_applications_and_loans_but_no_income(client: Client, alice: Customer) -> None:
    loan = a_loan(alice)
    pay(loan)
    told = client.get("/account/export/").content.decode()
    page = json.loads(told)
    (application,), (borrowed,) = page["loan_applications"], page["loans"]
    assert (application["number"], borrowed["number"]) == (loan.application.number, loan.number)
    assert [offer["principal"] for offer in application["offers"]][:1] == ["300.00"]
    assert (len(borrowed["instalments"]), len(borrowed["repayments"])) == (6, 1)
    assert "8000.00" not in told


def test_nobody_leaves_who_owes(client: Client, alice: Customer) -> None:
    loan = a_loan(alice)
    answer = client.post("/account/close/", {"password": PASSWORD})
    alice.refresh_from_db()
    assert (answer.status_code, alice.is_deleted) == (409, False)
    assert "You still owe a loan. Pay it off first" in answer.content.decode()
    pay(loan, "payoff")
    assert client.post("/account/close/", {"password": PASSWORD}).status_code == 302
    alice.refresh_from_db()
    assert alice.is_deleted


def test_who_leaves_takes_their_finances_and_open_application_along(client: Client, alice: Customer) -> None:
    application = a_decided(alice, amount="50000.00", obligations=Decimal("0.00"))
    client.post("/account/close/", {"password": PASSWORD})
    application.refresh_from_db()
    decision = application.decisions.get()
    assert (application.status, application.open_for, application.sealed) == ("withdrawn", None, "")
    assert (application.purged_at is not None, decision.sealed) == (True, "")
    assert not application.offers.standing().exists()
    assert Application.objects.get().customer == alice
