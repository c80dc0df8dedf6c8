"""Repaying through the shop's payment providers, on the pages."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from loans.models import Loan, Repayment, RepaymentPayment, RepaymentRefund
from loans.models.loans import LoanStatus
from loans.services.reconciliation import loan_differences
from loans.services.repaying import record_repayment
from shop.models import Customer, OutboxMessage, SandboxTrade
from shop.payments.sandbox import callback_fields
from tests.loans.builders import a_loan, a_repayment, a_shopper, a_word, let_pass, pay
from tests.shop.builders import a_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

CALLBACK = "/loans/payments/sandbox/callback/"


@pytest.fixture
def loan(client: Client) -> Loan:
    customer = a_shopper("alice")
    client.force_login(customer)
    return a_loan(customer)


def loan_address(loan: Loan) -> str:
    return f"/loans/lent/{loan.number}/"


def address(repayment: Repayment) -> str:
    return f"/loans/repayments/{repayment.number}/"


def page(client: Client, where: str, status: int = 200) -> str:
    response = client.get(where)
    assert response.status_code == status
    return response.content.decode()


def choose(client: Client, loan: Loan, **sent: str) -> Repayment:
    answer = client.post(f"{loan_address(loan)}repay/", sent)
    repayment = Repayment.objects.latest("pk")
    assert answer["Location"] == address(repayment)
    return repayment


def refused(client: Client, loan: Loan, status: int, **sent: str) -> str:
    answer = client.post(f"{loan_address(loan)}repay/", sent)
    assert (answer.status_code, Repayment.objects.count()) == (status, 0)
    return answer.content.decode()


def in_sandbox(client: Client, repayment: Repayment, how: str) -> list[dict[str, str]]:
    """Pay on the sandbox's page; what it will call back."""
    started = client.post(f"{address(repayment)}pay/sandbox/")["Location"]
    back = dict(parse_qsl(urlsplit(started).query))["back"]
    assert client.post(started, {"play": how})["Location"] == back
    assert back == f"http://testserver{address(repayment)}?back=1"
    sent = OutboxMessage.objects.filter(kind="sandbox-callback").order_by("pk")
    assert {message.payload["address"] for message in sent} == {f"http://testserver{CALLBACK}"}
    return [message.payload["fields"] for message in sent]


def all_agree() -> bool:
    return list(loan_differences()) == []


def test_the_next_instalment_is_paid_in_the_sandbox_and_told_twice_counts_once(
    client: Client, loan: Loan
) -> None:
    first = loan.instalments.get(number=1)
    repayment = choose(client, loan, kind="instalment")
    assert repayment.total == first.amount
    shown = page(client, address(repayment))
    assert "Pay with Payment sandbox" in shown
    told = in_sandbox(client, repayment, "duplicate")
    assert "We are waiting for the payment service to confirm." in page(
        client, f"{address(repayment)}?back=1"
    )
    for fields in told:
        answer = Client(enforce_csrf_checks=True).post(CALLBACK, fields)
        assert (answer.status_code, answer.content) == (200, b"ok")
    loan.refresh_from_db()
    assert loan.principal_left == Decimal("300.00") - first.principal
    shown = page(client, address(repayment))
    assert f"Paid. Thank you: ¥{first.amount} went to the loan." in shown
    assert "Pay with" not in shown
    assert RepaymentPayment.objects.count() == 1
    assert client.post(f"{address(repayment)}pay/sandbox/")["Location"] == address(repayment)
    assert all_agree()


def test_a_button_pressed_twice_is_one_repayment(client: Client, loan: Loan) -> None:
    assert choose(client, loan, kind="payoff") == choose(client, loan, kind="payoff")
    assert Repayment.objects.count() == 1
    assert choose(client, loan, kind="ahead", amount="100") != choose(client, loan, kind="instalment")


def test_paying_off_closes_the_loan(client: Client, loan: Loan) -> None:
    let_pass(loan, 12)
    repayment = choose(client, loan, kind="payoff")
    for fields in in_sandbox(client, repayment, "success"):
        client.post(CALLBACK, fields)
    loan.refresh_from_db()
    assert (loan.status, loan.principal_left) == (LoanStatus.CLOSED, Decimal("0.00"))
    shown = page(client, loan_address(loan))
    assert "All is repaid. Thank you: nothing is owed any more." in shown
    assert "Pay off" not in shown
    answer = client.post(f"{loan_address(loan)}repay/", {"kind": "payoff"})
    assert (answer.status_code, Repayment.objects.count()) == (409, 1)
    assert "That is no longer possible. The loan&#x27;s status: Repaid." in answer.content.decode()
    assert all_agree()


def test_an_amount_ahead_says_its_limits_and_lowers_what_is_to_come(client: Client, loan: Loan) -> None:
    let_pass(loan, 12)
    shown = page(client, loan_address(loan))
    least = shown.split("From ¥")[1].split(" to ¥")[0]
    repayment = choose(client, loan, kind="ahead", amount="1００.50")
    assert repayment.total == Decimal("100.50")
    for fields in in_sandbox(client, repayment, "success"):
        client.post(CALLBACK, fields)
    loan.refresh_from_db()
    assert loan.principal_left == Decimal("300.00") - Decimal("100.50") + (Decimal(least) - Decimal("0.01"))
    assert "<small>ahead</small>" in page(client, loan_address(loan))
    assert all_agree()


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        ({"kind": "ahead", "amount": ""}, 422, "Write how much you would like to pay, in figures."),
        (
            {"kind": "ahead", "amount": "300.01"},
            409,
            "¥300.01 is too much: ¥300.00 is the most that can be paid here today.",
        ),
        ({"kind": "ahead", "amount": "0"}, 422, "¥0.01 is the least."),
        ({"kind": "ahead", "amount": "-5"}, 422, "An amount here is not below zero."),
        ({"kind": "ahead", "amount": "1e999"}, 422, "Write the amount in figures"),
        ({"kind": "ahead", "amount": "NaN"}, 422, "Write the amount in figures"),
        ({"kind": "instalment", "amount": "5"}, 409, "¥5.00 is too little"),
        ({"kind": "payoff", "amount": "5"}, 409, "¥5.00 is too little"),
        ({"kind": "gift", "amount": "5"}, 422, "Pay off"),
    ],
)
def test_other_amounts_are_refused_beside_their_field(
    client: Client, loan: Loan, sent: dict[str, str], status: int, sentence: str
) -> None:
    assert sentence in refused(client, loan, status, **sent)


def test_less_than_the_interest_to_date_is_refused_with_the_least(client: Client, loan: Loan) -> None:
    let_pass(loan, 25)
    shown = refused(client, loan, 409, kind="ahead", amount="0.02")
    assert "¥0.02 is too little: what is due and the interest to date come first" in shown
    assert 'value="0.02"' in shown


def test_a_part_of_what_is_due_can_be_paid(client: Client, loan: Loan) -> None:
    let_pass(loan, 33)
    due = loan.instalments.get(number=1)
    shown = page(client, loan_address(loan))
    assert f"¥{due.amount} is due. Pay it within the days of grace" in shown
    assert f'value="{due.amount}"' in shown
    repayment = choose(client, loan, kind="instalment", amount="10")
    for fields in in_sandbox(client, repayment, "success"):
        client.post(CALLBACK, fields)
    assert f"¥{due.amount - 10} is due." in page(client, loan_address(loan))
    assert all_agree()


def test_a_payment_that_fails_can_be_tried_again(client: Client, loan: Loan) -> None:
    repayment = choose(client, loan, kind="instalment")
    for fields in in_sandbox(client, repayment, "failure"):
        client.post(CALLBACK, fields)
    shown = page(client, address(repayment))
    assert "The payment failed, nothing was charged." in shown
    assert "Try again with Payment sandbox" in shown


def test_what_the_provider_knows_can_be_asked(client: Client, loan: Loan) -> None:
    repayment = choose(client, loan, kind="instalment")
    in_sandbox(client, repayment, "delay")
    assert client.post(f"{address(repayment)}check/")["Location"] == address(repayment)
    repayment.refresh_from_db()
    assert repayment.status == "paid"
    assert all_agree()


def test_a_payment_of_another_amount_is_told_of(client: Client, loan: Loan) -> None:
    repayment = a_repayment(loan)
    record_repayment(callback=a_word(repayment, amount=repayment.total + 1))
    assert "of another amount than was due" in page(client, address(repayment))


def test_after_its_time_it_is_chosen_again_but_a_late_payment_counts(client: Client, loan: Loan) -> None:
    repayment = a_repayment(loan)
    Repayment.objects.update(pay_until=timezone.now() - timedelta(seconds=1))
    shown = page(client, address(repayment))
    assert "The time to pay this is over, and nothing was charged." in shown
    assert client.post(f"{address(repayment)}pay/sandbox/")["Location"] == address(repayment)
    assert choose(client, loan, kind="instalment") != repayment
    record_repayment(callback=a_word(repayment))
    assert "went to the loan." in page(client, address(repayment))
    assert all_agree()


def test_what_comes_when_nothing_is_owed_goes_back(client: Client, loan: Loan) -> None:
    waiting = a_repayment(loan)
    pay(loan, "payoff")
    assert "Nothing is to be paid on this loan any more." in page(client, address(waiting))
    record_repayment(callback=a_word(waiting))
    shown = page(client, address(waiting))
    assert "The payment came when nothing was owed any more." in shown
    assert f"¥{waiting.total} goes back to you" in shown
    assert RepaymentRefund.objects.get().amount == waiting.total
    assert all_agree()


@pytest.mark.parametrize("changed", [{"signature": "0" * 64}, {"amount": "0.01"}, {"order_number": "X"}])
def test_an_unsigned_word_changes_nothing(client: Client, loan: Loan, changed: dict[str, str]) -> None:
    repayment = a_repayment(loan)
    trade = SandboxTrade.objects.create(
        order_number=repayment.number, amount=repayment.total, currency="CNY", is_paid=True
    )
    answer = client.post(CALLBACK, callback_fields(trade) | changed)
    assert (answer.status_code, RepaymentPayment.objects.count()) == (400, 0)


def test_another_provider_is_not_there(client: Client, loan: Loan) -> None:
    assert client.post("/loans/payments/nobody/callback/").status_code == 404
    assert client.post(f"{address(a_repayment(loan))}pay/nobody/").status_code == 404


def test_another_s_repayment_is_not_there(client: Client, loan: Loan) -> None:
    repayment = a_repayment(loan)
    client.force_login(a_customer("charlie"))
    page(client, address(repayment), status=404)
    assert client.post(f"{address(repayment)}pay/sandbox/").status_code == 404
    assert client.post(f"{address(repayment)}check/").status_code == 404


def test_nothing_changes_by_a_link(client: Client, loan: Loan) -> None:
    repayment = a_repayment(loan)
    for path in ("pay/sandbox/", "check/"):
        page(client, f"{address(repayment)}{path}", status=405)
    page(client, CALLBACK, status=405)


def test_a_locked_customer_can_still_repay(client: Client, loan: Loan) -> None:
    Customer.objects.update(is_locked=True)
    repayment = choose(client, loan, kind="payoff")
    for fields in in_sandbox(client, repayment, "success"):
        client.post(CALLBACK, fields)
    loan.refresh_from_db()
    assert loan.status == LoanStatus.CLOSED
