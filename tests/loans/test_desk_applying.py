"""The pages from a shopper's limit over consent and the form to a decision."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from loans.consent import CONSENT_VERSION
from loans.models import Application, Decision, Loan
from loans.services.applying import finances_of
from shop.models import Customer
from tests.loans.builders import a_decided, a_draft, a_loan, a_policy, a_shopper, a_submitted, let_pass
from tests.shop.builders import a_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

SAID = {
    "amount": "300", "months": "6", "income": "8000", "coapplicant_income": "", "obligations": "500",
    "credit_history": "yes",
}  # fmt: skip


@pytest.fixture
def alice(client: Client) -> Customer:
    customer = a_shopper("alice")
    client.force_login(customer)
    return customer


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def form_of(customer: Customer) -> str:
    return f"/loans/applications/{a_draft(customer).number}/form/"


def refused(client: Client, address: str, **changed: str) -> str:
    response = client.post(address, SAID | changed)
    assert (response.status_code, Decision.objects.count()) == (422, 0)
    assert Application.objects.get().status == "draft"
    return response.content.decode()


def lock(customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(is_locked=True)


def test_the_desk_shows_score_limit_and_what_is_left_of_it(client: Client, alice: Customer) -> None:
    a_policy(exposure_limits=dict.fromkeys(("a", "b", "c", "d", "e", "thin", "none"), "1000.00"))
    a_loan(alice, "300.00")
    shown = page(client, "/loans/")
    assert "<dt>Your limit</dt><dd>¥1000.00</dd>" in shown
    assert "<dt>You owe</dt><dd>¥300.00</dd>" in shown
    assert "<dt>Left to borrow</dt><dd>¥700.00</dd>" in shown
    assert Loan.objects.get().number in shown
    assert "Apply for a loan" in shown


def test_the_account_leads_to_the_desk(client: Client, alice: Customer) -> None:
    assert 'href="/loans/"' in page(client, "/account/")


def test_who_never_ordered_has_a_starter_limit_and_no_score(client: Client) -> None:
    client.force_login(a_customer("newcomer"))
    shown = page(client, "/loans/")
    assert "<dt>Your shop score</dt><dd>none yet</dd>" in shown
    assert "<dt>Left to borrow</dt><dd>¥300.00</dd>" in shown


def test_a_guest_logs_in_first(client: Client) -> None:
    assert client.get("/loans/")["Location"] == "/login/?next=/loans/"


def test_an_overdue_loan_stands_in_the_way_and_the_desk_says_what_to_do(
    client: Client, alice: Customer
) -> None:
    loan = a_loan(alice)
    let_pass(loan, 70)
    Loan.objects.update(status="overdue")
    shown = page(client, "/loans/")
    assert "A loan of yours is overdue. Pay what is due on it, and you can apply again." in shown
    assert "Apply for a loan" not in shown
    assert client.get("/loans/consent/")["Location"] == "/loans/"
    assert Application.objects.filter(status="draft").count() == 0


def test_without_a_score_the_desk_is_closed_but_what_is_owed_is_shown(
    client: Client, alice: Customer, settings: Settings
) -> None:
    loan = a_loan(alice)
    settings.CREDIT_SCORE_DIR = "/nowhere"
    assert loan.number in page(client, "/loans/", status=503)
    assert "The loan desk is closed just now" in page(client, "/loans/consent/", status=503)
    answer = client.post("/loans/consent/", {"version": CONSENT_VERSION, "agreed": "on"})
    assert (answer.status_code, Application.objects.filter(status="draft").count()) == (503, 0)


def test_agreeing_starts_one_draft_however_often(client: Client, alice: Customer) -> None:
    for _ in range(2):
        answer = client.post("/loans/consent/", {"version": CONSENT_VERSION, "agreed": "on"})
        draft = Application.objects.get()
        assert answer["Location"] == f"/loans/applications/{draft.number}/"
    assert (draft.status, draft.consent_version) == ("draft", CONSENT_VERSION)
    assert client.get("/loans/consent/")["Location"] == f"/loans/applications/{draft.number}/"


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        ({"version": CONSENT_VERSION}, 422, "Tick the box to agree."),
        ({"version": "2020-01", "agreed": "on"}, 409, "The text has changed since you opened the page."),
        ({"agreed": "on"}, 409, "The text has changed since you opened the page."),
    ],
)
@pytest.mark.usefixtures("alice")
def test_without_agreement_to_this_text_nothing_starts(
    client: Client, sent: dict[str, str], status: int, sentence: str
) -> None:
    answer = client.post("/loans/consent/", sent)
    assert (answer.status_code, Application.objects.count()) == (status, 0)
    assert sentence in answer.content.decode()
    assert f'value="{CONSENT_VERSION}"' in answer.content.decode()


def test_the_form_says_units_and_limits(client: Client, alice: Customer) -> None:
    shown = page(client, form_of(alice))
    assert "From ¥100.00, in multiples of ¥50.00." in shown
    assert "Your income, in yuan a month" in shown
    assert '<option value="24">24 months</option>' in shown


def test_what_is_handed_in_is_decided_at_once(client: Client, alice: Customer) -> None:
    address = form_of(alice)
    answer = client.post(address, SAID | {"credit_history": "silent", "income": "￥８，０００．５０"})
    application = Application.objects.get()
    assert answer["Location"] == f"/loans/applications/{application.number}/"
    said = finances_of(application)
    assert (said.income, said.coapplicant_income) == (Decimal("8000.50"), Decimal("0.00"))
    assert (said.obligations, said.has_credit_history) == (Decimal("500.00"), None)
    assert (application.amount, application.months) == (Decimal("300.00"), 6)
    assert application.status == "offered"
    assert client.post(address, SAID)["Location"] == answer["Location"]
    assert Decision.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("8000", "8000.00"), ("8,000.50", "8000.50"), ("1,234,567", "1234567.00"), ("¥ 8 000", "8000.00"),
        ("８０００", "8000.00"), ("8000.5000", "8000.50"), ("8000.", "8000.00"), ("8000元", "8000.00"),
        ("0", "0.00"), ("007", "7.00"), ("99999999.99", "99999999.99"),
    ],
)  # fmt: skip
def test_amounts_are_understood_as_people_write_them(
    client: Client, alice: Customer, typed: str, amount: str
) -> None:
    client.post(form_of(alice), SAID | {"income": typed, "obligations": "0"})
    assert finances_of(Application.objects.get()).income == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("NaN", "Write the amount in figures"), ("inf", "Write the amount in figures"),
        ("1e999", "Write the amount in figures"), ("1e3", "Write the amount in figures"),
        ("0x10", "Write the amount in figures"), ("1,5", "Write the amount in figures"),
        ("1.2.3", "Write the amount in figures"), ("eight", "Write the amount in figures"),
        ("٣٠٠", "Write the amount in figures"), ("9" * 5000, "Write the amount in figures"),
        ("8\x00", "Write the amount in figures"), ("<b>8</b>", "Write the amount in figures"),
        ("-1", "An amount here is not below zero."), ("−1", "An amount here is not below zero."),
        ("1.005", "Two decimals are the most"), ("", "Write an amount in figures; 0 if there is none."),
        ("100000000", "¥99999999.99 is the most."),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_beside_its_field_and_kept(
    client: Client, alice: Customer, typed: str, sentence: str
) -> None:
    shown = refused(client, form_of(alice), income=typed)
    field = shown.split('for="id_income"')[1].split("</div>\n</div>")[0].split("</div>\n<div")[0]
    assert sentence in field
    assert shown.count('class="error"') == 1
    assert 'value="500"' in shown


def test_what_was_typed_stands_in_the_form_escaped(client: Client, alice: Customer) -> None:
    shown = refused(client, form_of(alice), income='8"><script>alert(1)</script>')
    assert "<script>alert" not in shown
    assert "8&quot;&gt;&lt;script&gt;" in shown


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("amount", "", "Write how much you would like to borrow, in figures."),
        ("amount", "50", "¥100.00 is the least."),
        ("amount", "0", "¥100.00 is the least."),
        ("amount", "-300", "An amount here is not below zero."),
        ("amount", "320", "Loans are made in multiples of ¥50.00: ask for ¥300.00 or ¥350.00."),
        ("amount", "999999999", "¥99999999.99 is the most."),
        ("months", "", "Choose over how many months you pay back."),
        ("months", "7", "Choose one of these terms."),
        ("months", "six", "Choose one of these terms."),
        ("obligations", "", "Write an amount in figures; 0 if there is none."),
        ("coapplicant_income", "much", "Write the amount in figures"),
        ("credit_history", "", "Choose one of the answers; you need not say which is true."),
        ("credit_history", "perhaps", "Choose one of the answers."),
    ],
)
def test_every_other_field_is_refused_with_a_sentence(
    client: Client, alice: Customer, field: str, typed: str, sentence: str
) -> None:
    shown = refused(client, form_of(alice), **{field: typed})
    assert sentence in shown
    assert shown.count('class="error"') == 1


def test_more_than_is_left_is_answered_with_less_and_the_reason(client: Client, alice: Customer) -> None:
    a_policy(exposure_limits=dict.fromkeys(("a", "b", "c", "d", "e", "thin", "none"), "500.00"))
    answer = client.post(form_of(alice), SAID | {"amount": "900"}, follow=True)
    shown = answer.content.decode()
    assert "Not that loan, but this we can offer" in shown
    assert "You asked for ¥900.00, and ¥500.00 is left of your limit." in shown
    assert "Let a person look at it" in shown


def test_a_decline_says_why_and_leads_to_a_person_once(client: Client, alice: Customer) -> None:
    application = a_decided(alice, income="0.00", obligations=Decimal("0.00"))
    address = f"/loans/applications/{application.number}/"
    shown = page(client, address)
    assert "We cannot offer you this loan" in shown
    assert "You entered no income, so that no instalment can be borne." in shown
    for _ in range(2):
        assert client.post(f"{address}review/")["Location"] == address
    application.refresh_from_db()
    assert application.status == "in-review"
    shown = page(client, address)
    assert "A loan officer answers within two days." in shown
    assert "Let a person look at it" not in shown


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("no_income", "You entered no income, so that no instalment can be borne."),
        ("obligations_too_high", "together they may come to 33% of the income at most."),
        ("instalment_too_high", "The instalment of ¥300.00 over 6 months, with what you already pay each "
                                "month, would be more than 33% of the income."),
        ("no_limit_left", "is less than the smallest loan of ¥100.00."),
        ("above_limit", "You asked for ¥300.00, and ¥"),
        ("no_credit_history", "and you entered that you have none."),
        ("unlikely", "A loan of this size beside the income would rarely be approved."),
        ("amount_too_small", "The smallest loan is ¥100.00."),
        ("amount_not_a_multiple", "Loans are made in multiples of ¥50.00."),
        ("term_not_offered", "Loans run for 3, 6, 9, 12, 18 or 24 months."),
        ("instalment_too_small", "Over 6 months an instalment would be less than ¥20.00, which is"),
    ],
)  # fmt: skip
def test_every_reason_is_a_sentence_with_its_values(
    client: Client, alice: Customer, reason: str, sentence: str
) -> None:
    application = a_decided(alice)
    Decision.objects.update(reasons=[reason])
    assert sentence in page(client, f"/loans/applications/{application.number}/")
    Decision.objects.update(sealed="")
    assert 'id="reasons-heading"' in page(client, f"/loans/applications/{application.number}/")


def test_an_officer_s_words_are_shown_and_escaped(client: Client, alice: Customer) -> None:
    application = a_decided(alice, income="0.00", obligations=Decimal("0.00"))
    Decision.objects.update(kind="officer", reasons=[], written_reason="No <b>pay slip</b> came.")
    shown = page(client, f"/loans/applications/{application.number}/")
    assert "No &lt;b&gt;pay slip&lt;/b&gt; came." in shown


def test_offers_stand_side_by_side_with_all_that_they_cost(client: Client, alice: Customer) -> None:
    application = a_decided(alice, amount="300.00", months=12)
    shown = page(client, f"/loans/applications/{application.number}/")
    offer = application.offers.get(kind="asked")
    assert shown.count('href="/loans/offers/') == application.offers.count() == 3
    assert f"<b>¥{offer.instalment}</b>" in shown
    assert f"<dd>¥{offer.total}</dd>" in shown
    assert f"<dd>¥{offer.total_interest}</dd>" in shown
    assert f"<dd>{offer.annual_rate * 100:.2f}%</dd>" in shown


def test_an_application_is_withdrawn_once(client: Client, alice: Customer) -> None:
    application = a_submitted(alice)
    address = f"/loans/applications/{application.number}/"
    assert "is being decided" in page(client, address)
    assert client.post(f"{address}withdraw/")["Location"] == "/loans/"
    assert "You have withdrawn this application." in page(client, address)
    answer = client.post(f"{address}withdraw/", follow=True)
    assert "That is no longer possible. The application&#x27;s status: Withdrawn." in answer.content.decode()


def test_a_locked_customer_sees_but_does_not_act(client: Client, alice: Customer) -> None:
    address = form_of(alice)
    lock(alice)
    assert "Your account is locked" in page(client, "/loans/")
    assert "Hand it in" not in page(client, address)
    answer = client.post(address, SAID)
    assert (answer.status_code, Application.objects.get().status) == (409, "draft")
    assert "Your account is locked" in answer.content.decode()


@pytest.mark.parametrize("path", ["", "form/"])
def test_another_s_application_is_not_there(client: Client, path: str) -> None:
    application = a_submitted(a_shopper("alice"))
    client.force_login(a_customer("charlie"))
    page(client, f"/loans/applications/{application.number}/{path}", status=404)


@pytest.mark.parametrize("path", ["form/", "withdraw/", "review/"])
def test_another_s_application_is_not_changed(client: Client, path: str) -> None:
    application = a_decided(a_shopper("alice"), income="0.00", obligations=Decimal("0.00"))
    client.force_login(a_customer("charlie"))
    answer = client.post(f"/loans/applications/{application.number}/{path}", SAID)
    application.refresh_from_db()
    assert (answer.status_code, application.status) == (404, "declined")


@pytest.mark.parametrize("path", ["withdraw/", "review/"])
def test_nothing_changes_by_a_link(client: Client, alice: Customer, path: str) -> None:
    application = a_decided(alice, income="0.00", obligations=Decimal("0.00"))
    page(client, f"/loans/applications/{application.number}/{path}", status=405)


def test_the_desk_costs_the_same_however_much_is_on_it(
    client: Client, alice: Customer, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        a_loan(alice, "150.00")
    page(client, "/loans/")
    with django_assert_max_num_queries(14):
        page(client, "/loans/")
