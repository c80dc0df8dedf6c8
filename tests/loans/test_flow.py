"""The way of a loan, from consent to the last instalment, and what is refused on it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from loans.exceptions import (
    ApplicationMoved,
    ConsentOutdated,
    CoolingOffOver,
    LoanMoved,
    NotEligible,
    OfferChanged,
    OfferGone,
    OverExposure,
)
from loans.models import Application, Instalment, LedgerEntry, Loan, Offer
from loans.models.applications import ApplicationStatus
from loans.models.loans import LoanStatus
from loans.services.ageing import age_loans
from loans.services.applying import (
    ask_for_review,
    expire_applications,
    start_application,
    withdraw_application,
)
from loans.services.lending import Acceptance, accept_offer, rescind_loan
from loans.services.reconciliation import loan_differences
from loans.services.refunds import pay_out_refunds
from loans.services.repaying import record_repayment
from shop.exceptions import BuyingLocked
from shop.models import Coupon, Customer, CustomerCoupon, OutboxMessage, SandboxTrade
from tests.loans.builders import (
    a_decided,
    a_draft,
    a_loan,
    a_policy,
    a_repayment,
    a_shopper,
    a_submitted,
    a_word,
    accepted,
    an_offer,
    let_pass,
    pay,
)
from tests.shop.builders import a_customer, an_order, pay_in_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def alice() -> Customer:
    return a_shopper("alice", email="alice@example.com")


def all_agree() -> bool:
    return list(loan_differences()) == []


def test_a_loan_goes_from_consent_to_its_last_instalment(alice: Customer) -> None:
    loan = a_loan(alice)
    assert (loan.status, loan.principal_left) == (LoanStatus.ACTIVE, Decimal("300.00"))
    held = CustomerCoupon.objects.get(customer=alice)
    assert (held.worth, held.coupon) == (Decimal("300.00"), loan.coupon)
    for _ in range(6):
        pay(loan)
    assert (loan.status, loan.principal_left) == (LoanStatus.CLOSED, Decimal("0.00"))
    assert [event.status for event in loan.events.all()] == ["pending", "active", "closed"]
    assert [event.status for event in loan.application.events.all()] == [
        "draft", "submitted", "offered", "accepted",
    ]  # fmt: skip
    assert all_agree()


def test_an_outdated_consent_starts_nothing(alice: Customer) -> None:
    with pytest.raises(ConsentOutdated):
        start_application(customer=alice, consent_version="2020-01")
    assert not Application.objects.exists()


def test_one_application_is_open_at_a_time(alice: Customer) -> None:
    assert a_draft(alice) == a_draft(alice)
    assert Application.objects.count() == 1


def test_a_locked_customer_does_not_apply(alice: Customer) -> None:
    Customer.objects.update(is_locked=True)
    alice.refresh_from_db()
    with pytest.raises(NotEligible) as refused:
        a_draft(alice)
    assert (refused.value.reason, Application.objects.count()) == ("locked", 0)


def test_a_customer_locked_meanwhile_does_not_accept(alice: Customer) -> None:
    offer = an_offer(alice)
    Customer.objects.update(is_locked=True)
    with pytest.raises(BuyingLocked):
        accepted(offer)
    assert not Loan.objects.exists()


def test_what_is_said_of_money_is_encrypted(alice: Customer) -> None:
    application = a_submitted(alice, income="7654.32")
    assert "7654" not in application.sealed
    assert application.sealed.startswith("gAAAA")


def test_with_no_income_nothing_is_offered_and_the_reason_is_told(alice: Customer) -> None:
    application = a_decided(alice, income="0.00", obligations=Decimal("0.00"))
    decision = application.decisions.get()
    assert (application.status, decision.reasons) == (ApplicationStatus.DECLINED, ["no_income"])
    assert (application.open_for_id, Offer.objects.count()) == (None, 0)


def test_more_than_the_limit_is_answered_with_less(alice: Customer) -> None:
    application = a_decided(alice, amount="50000.00", months=12)
    decision = application.decisions.get()
    assert (application.status, decision.is_counter) == (ApplicationStatus.OFFERED, True)
    assert "above_limit" in decision.reasons
    assert 1 <= application.offers.count() <= 3


def test_accepted_twice_it_is_one_loan(alice: Customer) -> None:
    offer = an_offer(alice)
    assert accepted(offer) == accepted(offer)
    assert (Loan.objects.count(), Coupon.objects.count(), LedgerEntry.objects.count()) == (1, 1, 1)


def test_of_two_offers_only_one_is_accepted(alice: Customer) -> None:
    first, *others = a_decided(alice, months=12).offers.all()
    accepted(first)
    with pytest.raises(ApplicationMoved):
        accepted(others[0])
    assert Loan.objects.count() == 1


def test_an_expired_offer_is_refused(alice: Customer) -> None:
    offer = an_offer(alice)
    Offer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(OfferGone):
        accepted(offer)
    assert not Loan.objects.exists()


def test_terms_that_were_not_shown_are_refused(alice: Customer) -> None:
    offer = an_offer(alice)
    with pytest.raises(OfferChanged):
        accept_offer(customer=alice, acceptance=Acceptance(offer.number, "0" * 64))
    assert not Loan.objects.exists()


def test_a_row_tampered_with_is_refused(alice: Customer) -> None:
    offer = an_offer(alice)
    Offer.objects.filter(pk=offer.pk).update(principal=Decimal("30000.00"))
    with pytest.raises(OfferChanged):
        accepted(offer)
    assert not Loan.objects.exists()


def test_another_s_offer_is_not_there(alice: Customer) -> None:
    offer = an_offer(alice)
    with pytest.raises(OfferGone):
        accept_offer(customer=a_customer("bob"), acceptance=Acceptance(offer.number, offer.terms_hash))
    assert not Loan.objects.exists()


def test_what_is_owed_counts_against_the_limit(alice: Customer) -> None:
    a_policy(exposure_limits=dict.fromkeys(("a", "b", "c", "d", "e", "thin", "none"), "500.00"))
    a_loan(alice, "300.00")
    offers = a_decided(alice, amount="300.00").offers.all()
    assert max(offer.principal for offer in offers) == Decimal("200.00")


def test_a_limit_used_up_meanwhile_stops_an_acceptance(alice: Customer) -> None:
    a_policy(exposure_limits=dict.fromkeys(("a", "b", "c", "d", "e", "thin", "none"), "500.00"))
    offer = an_offer(alice, "400.00")
    application = offer.application
    Application.objects.filter(pk=application.pk).update(open_for=None)
    a_loan(alice, "300.00")
    with pytest.raises(OverExposure) as refused:
        accepted(offer)
    assert (refused.value.left, Loan.objects.count()) == (Decimal("200.00"), 1)


def test_withdrawn_applications_take_their_offers_along(alice: Customer) -> None:
    offer = an_offer(alice)
    withdraw_application(application=offer.application)
    with pytest.raises(ApplicationMoved):
        accepted(offer)
    assert a_draft(alice) != offer.application


def test_a_person_can_be_asked_once_about_a_decline(alice: Customer) -> None:
    application = a_decided(alice, income="0.00", obligations=Decimal("0.00"))
    ask_for_review(application=application)
    application.refresh_from_db()
    assert (application.status, application.open_for) == (ApplicationStatus.IN_REVIEW, alice)
    with pytest.raises(ApplicationMoved):
        ask_for_review(application=application)


def test_no_person_is_asked_about_what_was_granted(alice: Customer) -> None:
    with pytest.raises(ApplicationMoved):
        ask_for_review(application=an_offer(alice).application)


def test_offers_and_drafts_expire(alice: Customer) -> None:
    offer, draft = an_offer(alice), a_draft(a_shopper("bob"))
    assert expire_applications() == 0
    Offer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    Application.objects.filter(pk=draft.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert expire_applications() == 2
    assert {(each.status, each.open_for) for each in Application.objects.all()} == {("expired", None)}
    assert not Loan.objects.filter(offer=offer).exists()


def test_withdrawn_from_in_time_a_loan_is_as_if_it_had_not_been(alice: Customer) -> None:
    loan = rescind_loan(loan=a_loan(alice))
    assert (loan.status, loan.principal_left) == (LoanStatus.RESCINDED, Decimal("0.00"))
    assert not CustomerCoupon.objects.usable().exists()
    assert [entry.kind for entry in loan.entries.all()] == ["disbursement", "reversal"]
    assert all_agree()


def test_once_the_coupon_is_spent_it_is_too_late_to_withdraw(alice: Customer) -> None:
    loan = a_loan(alice)
    pay_in_sandbox(an_order(alice, coupon=CustomerCoupon.objects.get()))
    with pytest.raises(CoolingOffOver) as refused:
        rescind_loan(loan=loan)
    loan.refresh_from_db()
    assert (refused.value.reason, loan.status) == ("spent", LoanStatus.ACTIVE)
    assert all_agree()


def test_after_the_cooling_off_it_is_too_late_to_withdraw(alice: Customer) -> None:
    loan = a_loan(alice)
    let_pass(loan, 15)
    with pytest.raises(CoolingOffOver) as refused:
        rescind_loan(loan=loan)
    assert refused.value.reason == "late"


def test_once_something_is_repaid_it_is_too_late_to_withdraw(alice: Customer) -> None:
    loan = a_loan(alice)
    pay(loan)
    with pytest.raises(CoolingOffOver) as refused:
        rescind_loan(loan=loan)
    assert refused.value.reason == "repaid"


def test_a_loan_is_paid_off_early(alice: Customer) -> None:
    loan = a_loan(alice)
    let_pass(loan, 12)
    pay(loan, "payoff")
    assert (loan.status, loan.principal_left) == (LoanStatus.CLOSED, Decimal("0.00"))
    assert Instalment.objects.get().is_ahead
    assert all_agree()


def test_what_is_paid_ahead_lowers_the_instalments(alice: Customer) -> None:
    loan = a_loan(alice)
    before = loan.instalments.first()
    pay(loan, "ahead", "150.00")
    after = loan.instalments.filter(is_ahead=False).first()
    assert before
    assert after
    assert (loan.principal_left, after.amount < before.amount) == (Decimal("150.00"), True)
    assert all_agree()


def test_a_late_instalment_costs_a_fee_and_paying_it_ends_being_overdue(alice: Customer) -> None:
    loan = a_loan(alice)
    let_pass(loan, 45)
    assert (age_loans(), age_loans()) == (1, 0)
    loan.refresh_from_db()
    first = loan.instalments.get(number=1)
    assert (loan.status, first.fee) == (LoanStatus.OVERDUE, Decimal("2.54"))
    assert all_agree()
    pay(loan)
    assert loan.status == LoanStatus.ACTIVE
    assert all_agree()


def test_overdue_nobody_borrows_more(alice: Customer) -> None:
    loan = a_loan(alice)
    let_pass(loan, 45)
    age_loans()
    with pytest.raises(NotEligible) as refused:
        a_draft(alice)
    assert refused.value.reason == "overdue"


def test_the_same_word_twice_counts_once(alice: Customer) -> None:
    loan = a_loan(alice)
    word = a_word(a_repayment(loan))
    assert record_repayment(callback=word) == record_repayment(callback=word)
    loan.refresh_from_db()
    assert LedgerEntry.objects.filter(kind="repayment").count() == 1
    assert all_agree()


def test_a_second_payment_goes_back(alice: Customer) -> None:
    loan = a_loan(alice)
    repayment = pay(loan)
    second = record_repayment(callback=a_word(repayment))
    assert (second.outcome, second.refund.amount) == ("surplus", repayment.total)
    assert all_agree()


def test_what_is_paid_for_a_closed_loan_goes_back_at_the_provider(alice: Customer) -> None:
    loan = a_loan(alice)
    late = a_repayment(loan)
    pay(loan, "payoff")
    trade = SandboxTrade.objects.create(
        order_number=late.number, amount=late.total, currency="CNY", is_paid=True
    )
    record_repayment(callback=a_word(late, callback_id=f"S{trade.pk}"))
    assert (pay_out_refunds(), pay_out_refunds()) == (1, 0)
    trade.refresh_from_db()
    assert list(trade.refunded.values()) == [str(late.total)]
    assert all_agree()


@pytest.mark.parametrize("changed", [{"amount": Decimal("1.00")}, {"currency": "USD"}])
def test_another_amount_or_currency_settles_nothing(alice: Customer, changed: dict[str, object]) -> None:
    loan = a_loan(alice)
    payment = record_repayment(callback=a_word(a_repayment(loan), **changed))
    loan.refresh_from_db()
    assert (payment.outcome, loan.principal_left) == ("mismatched", Decimal("300.00"))
    assert OutboxMessage.objects.filter(payload__to="loans@localhost").count() == 1


def test_a_failed_payment_settles_nothing_and_can_be_tried_again(alice: Customer) -> None:
    loan = a_loan(alice)
    repayment = a_repayment(loan)
    record_repayment(callback=a_word(repayment, is_paid=False))
    record_repayment(callback=a_word(repayment))
    repayment.refresh_from_db()
    assert repayment.status == "paid"
    assert all_agree()


def test_a_loan_that_is_over_takes_no_repayment(alice: Customer) -> None:
    loan = a_loan(alice)
    pay(loan, "payoff")
    with pytest.raises(LoanMoved):
        a_repayment(loan)
