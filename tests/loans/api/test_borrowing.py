"""Borrowing and paying back by a program: the whole way, what is refused on it, and whose it is."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from config.env import Rate
from loans.consent import CONSENT_VERSION
from loans.models import Application, Loan, Offer, Repayment
from loans.services.retention import purge_finances
from loans.services.reviewing import decline_application
from shop.api import throttling
from shop.models import Customer, CustomerCoupon, IdempotencyKey
from tests.loans.builders import a_decided, a_draft, a_loan, a_policy, a_repayment, a_shopper, an_offer, pay
from tests.shop.api.calls import Program
from tests.shop.builders import a_customer, an_order, pay_in_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

SAID: dict[str, Any] = {
    "amount": "300.00", "months": 6, "income": "8000.00", "obligations": "500.00", "credit_history": "yes",
}  # fmt: skip


class StoppedClock:
    """Half a minute past a full one."""

    def time(self) -> float:
        return 1_800_000_030.0


@pytest.fixture
def alice() -> Customer:
    return a_shopper("alice")


@pytest.fixture
def program(alice: Customer) -> Program:
    return Program(alice)


def submitted(program: Program, **said: Any) -> Any:
    """A new application's answer."""
    started = program.post("loan-applications/", consent_version=CONSENT_VERSION)
    return program.post(f"loan-applications/{started['number']}/submit/", 200, **(SAID | said))


def test_a_loan_is_had_and_repaid(program: Program) -> None:
    found = program.get("loan-eligibility/")
    assert (found["obstacle"], found["left"], found["terms"]) == (None, found["limit"], [3, 6, 9, 12, 18, 24])
    application = submitted(program)
    assert (application["status"], application["decision"]["reasons"]) == ("offered", [])
    offer = next(each for each in application["offers"] if each["kind"] == "asked")
    agreement = program.get(f"loan-offers/{offer['number']}/")
    assert (len(agreement["schedule"]), agreement["offer"]) == (6, offer)
    assert sum(Decimal(row["amount"]) for row in agreement["schedule"]) == Decimal(offer["total"])
    taken = program.post(f"loan-offers/{offer['number']}/accept/", terms_hash=agreement["terms_hash"])
    number = taken["loan"]["number"]
    assert (taken["loan"]["status"], taken["coupon_left"], taken["due"], taken["can_rescind"]) == (
        "active", "300.00", "0.00", True,
    )  # fmt: skip
    schedule = program.get(f"loans/{number}/schedule/")
    assert [row["principal"] for row in schedule] == [row["principal"] for row in agreement["schedule"]]
    repayment = program.post(f"loans/{number}/repayments/", kind="instalment")
    assert (repayment["total"], repayment["loan"]) == (offer["instalment"], number)
    assert repayment["pay_page"] == f"http://testserver/loans/repayments/{repayment['number']}/"
    pay(Loan.objects.get(), "payoff")
    assert program.get(f"loans/{number}/")["loan"]["status"] == "closed"
    lines = program.get(f"loans/{number}/statement/")
    assert [(line["kind"], line["owed"]) for line in lines] == [
        ("disbursement", "300.00"),
        ("repayment", "0.00"),
    ]
    assert lines[0]["text"] == "Paid out as a coupon"
    assert program.get(f"loan-applications/{application['number']}/")["loan"] == number


def test_what_is_said_of_money_is_never_sent_back_nor_kept_in_the_open(program: Program) -> None:
    application = submitted(program, income="98765.43", obligations="1234.56")
    answers = [
        application, program.get(f"loan-applications/{application['number']}/"),
        program.get("loan-applications/"), program.get("loan-eligibility/"),
    ]  # fmt: skip
    for secret in ("98765", "1234.56"):
        assert secret not in str(answers)
    started = Application.objects.get()
    assert "98765" not in started.sealed


def test_sent_again_with_its_key_a_submission_is_answered_again(program: Program) -> None:
    started = program.post("loan-applications/", consent_version=CONSENT_VERSION)
    path = f"loan-applications/{started['number']}/submit/"
    first = program.post(path, 200, key="k1", **SAID)
    assert program.post(path, 200, key="k1", **SAID) == first
    kept = IdempotencyKey.objects.get()
    assert "8000" not in f"{kept.request_hash} {kept.body}"
    assert program.post(path, 409, **SAID)["code"] == "application_moved"


def test_a_decline_carries_its_reasons_and_a_way_to_a_person(program: Program) -> None:
    application = submitted(program, income="0.00", obligations="0.00")
    reasons = application["decision"]["reasons"]
    assert [reason["code"] for reason in reasons] == ["no_income"]
    assert reasons[0]["text"] == "You entered no income, so that no instalment can be borne."
    assert (application["can_ask_for_review"], application["offers"]) == (True, [])
    asked = program.post(f"loan-applications/{application['number']}/review/", 200)
    assert (asked["status"], asked["can_ask_for_review"], asked["can_withdraw"]) == ("in-review", False, True)
    again = program.post(f"loan-applications/{application['number']}/review/", 409)
    assert (again["code"], again["status"]) == ("application_moved", "in-review")


def test_an_officer_s_reason_is_told(program: Program, alice: Customer) -> None:
    application = submitted(program, income="0.00", obligations="0.00")
    program.post(f"loan-applications/{application['number']}/review/", 200)
    decline_application(
        application=Application.objects.get(), officer=a_customer("olga"), reason="No <b>income</b>."
    )
    decision = program.get(f"loan-applications/{application['number']}/")["decision"]
    assert (decision["kind"], decision["written_reason"]) == ("officer", "No <b>income</b>.")


def test_a_counter_offer_says_what_was_left(program: Program, alice: Customer) -> None:
    application = submitted(program, amount="50000.00", months=12)
    assert (application["status"], application["decision"]["is_counter"]) == ("offered", True)
    left = program.get("loan-eligibility/")["left"]
    texts = {reason["code"]: reason["text"] for reason in application["decision"]["reasons"]}
    assert texts["above_limit"] == f"You asked for ¥50000.00, and ¥{left} is left of your limit."
    Application.objects.update(
        status="expired", open_for=None, changed_at=timezone.now() - timedelta(days=181)
    )
    assert purge_finances() == 1
    purged = program.get(f"loan-applications/{application['number']}/")["decision"]["reasons"]
    told = {reason["code"]: reason["text"] for reason in purged}
    assert told["above_limit"] == "The amount was above what was left of your limit."


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"amount": "NaN"}, "amount"),
        ({"amount": "-300.00"}, "amount"),
        ({"amount": "99.00"}, "amount"),
        ({"amount": "333.00"}, "amount"),
        ({"amount": "1e999"}, "amount"),
        ({"months": 7}, "months"),
        ({"months": 10**30}, "months"),
        ({"income": "-1.00"}, "income"),
        ({"income": None}, "income"),
        ({"income": "9" * 40}, "income"),
        ({"coapplicant_income": "much"}, "coapplicant_income"),
        ({"obligations": "Infinity"}, "obligations"),
        ({"credit_history": "perhaps"}, "credit_history"),
    ],
)
def test_what_nobody_can_mean_is_refused_and_the_draft_stays(
    program: Program, alice: Customer, said: dict[str, Any], field: str
) -> None:
    draft = a_draft(alice)
    refused = program.post(f"loan-applications/{draft.number}/submit/", 422, **(SAID | said))
    assert (refused["code"], list(refused["fields"])) == ("invalid", [field])
    draft.refresh_from_db()
    assert (draft.status, draft.sealed) == ("draft", "")


def test_an_outdated_consent_starts_nothing(program: Program) -> None:
    assert program.post("loan-applications/", 409, consent_version="2020-01")["code"] == "consent_outdated"
    assert not Application.objects.exists()


def test_what_stands_in_the_way_is_said(program: Program, alice: Customer) -> None:
    Loan.objects.filter(pk=a_loan(alice).pk).update(status="overdue")
    obstacle = program.get("loan-eligibility/")["obstacle"]
    refused = program.post("loan-applications/", 409, consent_version=CONSENT_VERSION)
    assert (obstacle["code"], refused["code"], refused["reason"]) == ("overdue", "not_eligible", "overdue")
    assert refused["detail"] == obstacle["text"]


def test_started_twice_it_is_one_application(program: Program) -> None:
    first, second = (program.post("loan-applications/", consent_version=CONSENT_VERSION) for _ in range(2))
    assert first["number"] == second["number"]
    assert program.get("loan-eligibility/")["open_application"] == first["number"]
    assert program.get("loan-applications/")["count"] == 1


def test_a_withdrawn_application_takes_its_offers_along(program: Program, alice: Customer) -> None:
    offer = an_offer(alice)
    gone = program.post(f"loan-applications/{offer.application.number}/withdraw/", 200)
    assert (gone["status"], gone["offers"], gone["can_withdraw"]) == ("withdrawn", [], False)
    refused = program.post(f"loan-offers/{offer.number}/accept/", 409, terms_hash=offer.terms_hash)
    assert (refused["code"], refused["status"]) == ("application_moved", "withdrawn")
    assert not Loan.objects.exists()


def test_accepted_twice_it_is_one_loan(program: Program, alice: Customer) -> None:
    offer = an_offer(alice)
    path = f"loan-offers/{offer.number}/accept/"
    first = program.post(path, key="k1", terms_hash=offer.terms_hash)
    assert program.post(path, key="k1", terms_hash=offer.terms_hash) == first
    assert program.post(path, terms_hash=offer.terms_hash)["loan"] == first["loan"]
    assert (Loan.objects.count(), CustomerCoupon.objects.count()) == (1, 1)


def test_other_terms_than_were_read_borrow_nothing(program: Program, alice: Customer) -> None:
    offer = an_offer(alice)
    for terms_hash in ("0" * 64, "é", " "):
        path = f"loan-offers/{offer.number}/accept/"
        status = 422 if terms_hash == " " else 409
        program.post(path, status, terms_hash=terms_hash)
    assert not Loan.objects.exists()


def test_an_expired_offer_is_gone(program: Program, alice: Customer) -> None:
    offer = an_offer(alice)
    Offer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert program.get(f"loan-offers/{offer.number}/")["offer"]["is_standing"] is False
    refused = program.post(f"loan-offers/{offer.number}/accept/", 409, terms_hash=offer.terms_hash)
    assert refused["code"] == "offer_gone"


def test_more_than_the_limit_says_what_is_left(program: Program, alice: Customer) -> None:
    a_policy(exposure_limits=dict.fromkeys(("a", "b", "c", "d", "e", "thin", "none"), "500.00"))
    offer = an_offer(alice, "400.00")
    Application.objects.update(open_for=None)
    a_loan(alice, "300.00")
    refused = program.post(f"loan-offers/{offer.number}/accept/", 409, terms_hash=offer.terms_hash)
    assert (refused["code"], refused["principal"], refused["left"]) == ("over_exposure", "400.00", "200.00")
    assert Loan.objects.count() == 1


def test_a_loan_is_withdrawn_from_once_and_not_after_it_is_spent(program: Program, alice: Customer) -> None:
    first = a_loan(alice)
    answer = program.post(f"loans/{first.number}/rescind/", 200)
    assert (answer["loan"]["status"], answer["due"], answer["payoff"]) == ("rescinded", "0.00", "0.00")
    assert program.post(f"loans/{first.number}/rescind/", 409)["code"] == "loan_moved"
    assert program.get(f"loans/{first.number}/schedule/") == []
    second = a_loan(alice)
    pay_in_sandbox(an_order(alice, coupon=CustomerCoupon.objects.usable().get(coupon=second.coupon)))
    refused = program.post(f"loans/{second.number}/rescind/", 409)
    assert (refused["code"], refused["reason"]) == ("cooling_off_over", "spent")


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"kind": "ahead", "amount": "9999.00"}, 409, "repayment_too_high"),
        ({"kind": "payoff", "amount": "1.00"}, 409, "repayment_too_low"),
        ({"kind": "gift"}, 422, "invalid"),
        ({"kind": "ahead", "amount": "0.00"}, 422, "invalid"),
        ({"kind": "ahead", "amount": "NaN"}, 422, "invalid"),
    ],
)
def test_what_cannot_be_repaid_so_is_refused(
    program: Program, alice: Customer, sent: dict[str, str], status: int, code: str
) -> None:
    loan = a_loan(alice)
    assert program.post(f"loans/{loan.number}/repayments/", status, **sent)["code"] == code
    assert not Repayment.objects.exists()


def test_a_locked_customer_reads_and_repays_and_borrows_no_more(program: Program, alice: Customer) -> None:
    loan = a_loan(alice)
    offer = an_offer(alice)
    Customer.objects.update(is_locked=True)
    assert program.post(f"loan-offers/{offer.number}/accept/", 403, terms_hash=offer.terms_hash)
    assert program.get(f"loans/{loan.number}/")["loan"]["status"] == "active"
    assert program.post(f"loans/{loan.number}/repayments/", kind="payoff")["status"] == "started"


def test_another_s_is_not_there(alice: Customer) -> None:
    loan = a_loan(alice)
    repayment = a_repayment(loan)
    application = a_decided(alice, amount="200.00")
    offer = application.offers.first()
    assert offer
    charlie = Program(a_customer("charlie"))
    for path in (
        f"loan-applications/{application.number}/", f"loan-offers/{offer.number}/", f"loans/{loan.number}/",
        f"loans/{loan.number}/schedule/", f"loans/{loan.number}/statement/",
        f"loan-repayments/{repayment.number}/",
    ):  # fmt: skip
        assert charlie.get(path, 404)["code"] == "not_found"
    for path, sent in (
        (f"loan-applications/{application.number}/submit/", SAID),
        (f"loan-applications/{application.number}/review/", {}),
        (f"loan-applications/{application.number}/withdraw/", {}),
        (f"loan-offers/{offer.number}/accept/", {"terms_hash": offer.terms_hash}),
        (f"loans/{loan.number}/repayments/", {"kind": "payoff"}),
        (f"loans/{loan.number}/rescind/", {}),
    ):  # fmt: skip
        assert charlie.post(path, 404, **sent)["code"] == "not_found"
    assert (charlie.get("loans/")["count"], charlie.get("loan-applications/")["count"]) == (0, 0)
    application.refresh_from_db()
    assert (application.status, Loan.objects.count(), Repayment.objects.count()) == ("offered", 1, 1)


def test_a_guest_has_no_loan_desk() -> None:
    for path in ("loan-eligibility/", "loan-applications/", "loans/", "loans/X/", "loan-repayments/X/"):
        assert Program().get(path, 401)["code"] == "not_authenticated"


def test_without_a_score_model_the_desk_is_closed_and_says_no_path(
    program: Program, settings: Settings, tmp_path: Path
) -> None:
    settings.CREDIT_SCORE_DIR = tmp_path
    closed = program.get("loan-eligibility/", 503)
    assert closed == {
        "code": "desk_closed", "detail": "Your limit cannot be worked out just now. Please come back later.",
    }  # fmt: skip


def test_calls_are_counted_here_too(
    program: Program, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_RATE_CUSTOMER = Rate(2, 60)
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid4()}"}}
    monkeypatch.setattr(throttling, "time", StoppedClock())
    for _ in range(2):
        program.get("loans/")
    assert program.get("loans/", 429)["code"] == "throttled"


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("path", ["loans/", "loan-applications/"])
def test_a_list_makes_three_queries_however_long_it_is(
    program: Program, alice: Customer, django_assert_num_queries: DjangoAssertNumQueries, path: str, rows: int
) -> None:
    for _ in range(rows):
        pay(a_loan(alice, "200.00"), "payoff")
    with django_assert_num_queries(3):  # the token, the count, the page
        assert program.get(path)["count"] == rows


@pytest.mark.parametrize(("path", "queries"), [("", 6), ("schedule/", 3), ("statement/", 4)])
def test_so_does_a_loan_however_much_was_paid(
    program: Program,
    alice: Customer,
    django_assert_num_queries: DjangoAssertNumQueries,
    path: str,
    queries: int,
) -> None:
    loan = a_loan(alice)
    pay(loan)
    with CaptureQueriesContext(connection) as first:
        program.get(f"loans/{loan.number}/{path}")
    pay(loan)
    pay(loan)
    with django_assert_num_queries(len(first)):
        program.get(f"loans/{loan.number}/{path}")
    assert len(first) == queries
