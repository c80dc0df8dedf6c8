"""The agreement of an offer, its acceptance, and the page of the loan that follows."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from pypdf import PdfReader

from loans.models import Loan, Offer
from loans.models.loans import LoanStatus
from loans.services.ageing import age_loans
from loans.services.lending import write_off_loan
from loans.terms import first_day, months_after
from shop.models import Coupon, Customer, CustomerCoupon
from tests.loans.builders import a_loan, a_policy, a_shopper, accepted, an_offer, let_pass, pay
from tests.shop.builders import a_customer, an_order, pay_in_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

OFFER_PAGES = ["", "agreement.pdf"]
LOAN_PAGES = ["", "agreement.pdf", "statement/", "statement.pdf"]


@pytest.fixture
def alice(client: Client) -> Customer:
    customer = a_shopper("alice", nickname="李雷 <b>&</b> Zoë 🍅")
    client.force_login(customer)
    return customer


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def offer_address(offer: Offer) -> str:
    return f"/loans/offers/{offer.number}/"


def loan_address(loan: Loan) -> str:
    return f"/loans/lent/{loan.number}/"


def accept(client: Client, offer: Offer, **sent: str) -> Any:
    fields = {"terms_hash": offer.terms_hash, "agreed": "on"} | sent
    return client.post(f"{offer_address(offer)}accept/", {key: sent for key, sent in fields.items() if sent})


def text_of(response: Any) -> str:
    assert response["Content-Type"] == "application/pdf"
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages)


def test_the_agreement_says_all_that_is_owed_and_when(client: Client, alice: Customer) -> None:
    offer = an_offer(alice)
    shown = page(client, offer_address(offer))
    first = months_after(first_day(timezone.localdate()), 1)
    assert f"<dt>Annual rate, nominal</dt><dd>{offer.annual_rate * 100:.2f}%</dd>" in shown
    assert f"<dt>Interest in all</dt><dd>¥{offer.total_interest}</dd>" in shown
    assert "<dt>Other fees</dt><dd>none</dd>" in shown
    assert f"<dt>You pay in all</dt><dd>¥{offer.total}</dd>" in shown
    assert f'<time datetime="{first:%Y-%m-%d}">' in shown
    assert shown.count('<th scope="row">') == 6 + 1
    assert "more than 5 days late costs a late fee, once: ¥10.00, or 5.00% of" in shown
    assert "For 14 days after you accepted you can withdraw" in shown
    assert "It covers goods, not delivery, is valid for two years" in shown


def test_a_policy_without_cooling_off_says_so(client: Client, alice: Customer) -> None:
    a_policy(cooling_off_days=0)
    shown = page(client, offer_address(an_offer(alice)))
    assert "Once you have accepted, the loan cannot be withdrawn from" in shown


def test_the_agreement_can_be_kept_before_and_after(client: Client, alice: Customer) -> None:
    offer = an_offer(alice)
    before = text_of(client.get(f"{offer_address(offer)}agreement.pdf"))
    assert "An offer, not accepted yet." in before
    assert "Between Larder and 李雷 <b>&</b> Zoë 🍅 (login name alice)" in before
    assert offer.terms_hash in before
    loan = accepted(offer)
    let_pass(loan, 40)
    pay(loan)
    after = text_of(client.get(f"{loan_address(loan)}agreement.pdf"))
    day = months_after(first_day(timezone.localdate(loan.accepted_at)), 1)
    assert "Accepted on " in after
    assert f"1. {date_format(day)}" in after
    assert f"¥{offer.instalment}" in after


def test_a_box_and_a_button_accept_and_twice_is_one_loan(client: Client, alice: Customer) -> None:
    offer = an_offer(alice)
    answers = [accept(client, offer)["Location"] for _ in range(2)]
    loan = Loan.objects.get()
    assert answers == [loan_address(loan)] * 2
    assert (Coupon.objects.count(), loan.status) == (1, LoanStatus.ACTIVE)
    assert client.get(offer_address(offer))["Location"] == loan_address(loan)


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        ({"agreed": ""}, 422, "Tick the box to accept. Nothing is borrowed without it."),
        ({"terms_hash": "0" * 64}, 409, "What you accepted is not what the offer says."),
        ({"terms_hash": ""}, 409, "What you accepted is not what the offer says."),
        ({"terms_hash": "x" * 65}, 422, "I have read the agreement, and accept it"),
    ],
)
def test_without_the_box_or_the_terms_nothing_is_borrowed(
    client: Client, alice: Customer, sent: dict[str, str], status: int, sentence: str
) -> None:
    offer = an_offer(alice)
    answer = accept(client, offer, **sent)
    assert (answer.status_code, Loan.objects.count()) == (status, 0)
    assert sentence in answer.content.decode()
    assert f'value="{offer.terms_hash}"' in answer.content.decode()


def test_an_expired_offer_can_be_read_and_not_accepted(client: Client, alice: Customer) -> None:
    offer = an_offer(alice)
    Offer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "This offer no longer stands." in page(client, offer_address(offer))
    answer = accept(client, offer)
    assert (answer.status_code, Loan.objects.count()) == (409, 0)
    assert "it has expired, or was taken back. Nothing was borrowed." in answer.content.decode()
    shown = page(client, f"/loans/applications/{offer.application.number}/")
    assert "The offers have expired." in shown


def test_a_locked_customer_reads_the_agreement_but_does_not_accept(client: Client, alice: Customer) -> None:
    offer = an_offer(alice)
    Customer.objects.update(is_locked=True)
    assert "you may look around, but not borrow" in page(client, offer_address(offer))
    answer = accept(client, offer)
    assert (answer.status_code, Loan.objects.count()) == (409, 0)
    assert "Your account is locked" in answer.content.decode()


def test_a_new_loan_shows_its_coupon_its_schedule_and_the_way_out(client: Client, alice: Customer) -> None:
    loan = a_loan(alice)
    shown = page(client, loan_address(loan))
    first = loan.instalments.get(number=1)
    assert f"Pay ¥{first.amount}" in shown
    assert "Pay off ¥300.00" in shown
    assert "<dt>Left to spend</dt><dd>¥300.00</dd>" in shown
    assert shown.count('<th scope="row">') == 6
    assert "Withdraw from the loan" in shown
    assert "<b>Paid out as a coupon</b>" in shown


def test_what_is_spent_of_the_coupon_is_told_and_ends_the_way_out(client: Client, alice: Customer) -> None:
    loan = a_loan(alice)
    order = an_order(alice, coupon=CustomerCoupon.objects.get())
    pay_in_sandbox(order)
    shown = page(client, loan_address(loan))
    assert order.number in shown
    assert "−¥10.00</dd>" in shown
    assert "<dt>Left to spend</dt><dd>¥290.00</dd>" in shown
    assert "Some of the coupon is spent" in shown
    answer = client.post(f"{loan_address(loan)}rescind/", follow=True)
    assert "Some of the coupon is spent" in answer.content.decode()
    loan.refresh_from_db()
    assert loan.status == LoanStatus.ACTIVE


def test_why_it_is_too_late_to_withdraw_is_told(client: Client, alice: Customer) -> None:
    late, repaid = a_loan(alice), a_loan(alice)
    let_pass(late, 15)
    pay(repaid)
    assert "The days for withdrawing from this loan are over." in page(client, loan_address(late))
    assert "Something is repaid already" in page(client, loan_address(repaid))


def test_withdrawing_is_done_once_and_takes_the_coupon_back(client: Client, alice: Customer) -> None:
    loan = a_loan(alice)
    for _ in range(2):
        answer = client.post(f"{loan_address(loan)}rescind/", follow=True)
        assert answer.redirect_chain == [(loan_address(loan), 302)]
    loan.refresh_from_db()
    assert (loan.status, loan.entries.count()) == (LoanStatus.RESCINDED, 2)
    shown = page(client, loan_address(loan))
    assert "Nothing is owed, and the coupon is taken back." in shown
    assert "<dt>Left to spend</dt><dd>¥0.00</dd>" in shown
    assert "Pay off" not in shown
    assert "Taken back: the loan was withdrawn from" in page(client, f"{loan_address(loan)}statement/")


def test_an_overdue_loan_says_how_much_and_the_fee_in_it(client: Client, alice: Customer) -> None:
    loan = a_loan(alice)
    let_pass(loan, 40)
    age_loans()
    loan.refresh_from_db()
    late = loan.instalments.get(number=1)
    shown = page(client, loan_address(loan))
    assert f"This loan is overdue: ¥{late.left} is to be paid now." in shown
    assert f"¥{late.fee} of that is late fees." in shown
    assert late.fee == Decimal("2.54")


def test_a_loan_written_off_asks_for_nothing(client: Client, alice: Customer) -> None:
    loan = a_loan(alice)
    write_off_loan(loan=loan, actor=a_customer("officer"), reason="Cannot <i>be</i> reached")
    shown = page(client, loan_address(loan))
    assert "it is no longer asked for" in shown
    assert "be</i> reached" not in shown
    assert "Pay off" not in shown


def test_the_statement_tells_each_entry_in_words_and_can_be_kept(client: Client, alice: Customer) -> None:
    loan = a_loan(alice)
    first = loan.instalments.get(number=1)
    let_pass(loan, 40)
    age_loans()
    fee = loan.instalments.get(number=1).fee
    pay(loan)
    shown = page(client, f"{loan_address(loan)}statement/")
    words = f"Repaid: ¥{fee} of fees, ¥{first.interest} of interest, ¥{first.principal} of the amount"
    assert words in shown
    assert "<td>+¥300.00</td><td>¥300.00</td>" in shown
    assert f"<td>−¥{first.amount + fee}</td><td>¥{Decimal(300) - first.principal}</td>" in shown
    kept = text_of(client.get(f"{loan_address(loan)}statement.pdf"))
    assert " ".join(words.split()) in " ".join(kept.split())


@pytest.mark.parametrize("path", OFFER_PAGES)
def test_another_s_offer_is_not_there(client: Client, path: str) -> None:
    offer = an_offer(a_shopper("alice"))
    client.force_login(a_customer("charlie"))
    page(client, f"{offer_address(offer)}{path}", status=404)
    assert (accept(client, offer).status_code, Loan.objects.count()) == (404, 0)


@pytest.mark.parametrize("path", LOAN_PAGES)
def test_another_s_loan_is_not_there(client: Client, path: str) -> None:
    loan = a_loan(a_shopper("alice"))
    client.force_login(a_customer("charlie"))
    page(client, f"{loan_address(loan)}{path}", status=404)


@pytest.mark.parametrize("path", ["rescind/", "repay/"])
def test_another_s_loan_is_not_changed(client: Client, path: str) -> None:
    loan = a_loan(a_shopper("alice"))
    client.force_login(a_customer("charlie"))
    answer = client.post(f"{loan_address(loan)}{path}", {"kind": "payoff"})
    loan.refresh_from_db()
    assert (answer.status_code, loan.status, loan.repayments.count()) == (404, LoanStatus.ACTIVE, 0)


def test_nothing_changes_by_a_link(client: Client, alice: Customer) -> None:
    loan = a_loan(alice)
    page(client, f"{loan_address(loan)}rescind/", status=405)
    page(client, f"{loan_address(loan)}repay/", status=405)
    page(client, f"{offer_address(loan.offer)}accept/", status=405)


def test_a_loan_s_page_costs_the_same_however_long_it_runs(
    client: Client, alice: Customer, django_assert_max_num_queries: Any
) -> None:
    loan = a_loan(alice, "1500.00", 24)
    page(client, loan_address(loan))
    with django_assert_max_num_queries(14):
        page(client, loan_address(loan))
