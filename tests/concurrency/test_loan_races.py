"""Fifty who accept one offer at the same moment, and two offers that share a limit, over one database.

LOAN_RACE_RUNS says how often fifty accept; `LOAN_RACE_RUNS=100` is what docs/benchmarks/loans.md reports.
"""

import os
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, OperationalError, transaction

from loans.exceptions import LoanError
from loans.models import Application, LedgerEntry, Loan, Offer
from loans.selectors.eligibility import exposure_of
from loans.services import lending, repaying
from loans.services.books import keep_book
from loans.services.lending import Acceptance, accept_offer
from loans.services.reconciliation import loan_differences
from loans.services.repaying import record_repayment
from shop.exceptions import ShopError
from shop.models import Coupon, Customer, CustomerCoupon
from shop.services.cart import add_to_cart
from shop.services.checkout import place_order
from tests.concurrency.conftest import at_once
from tests.loans.builders import a_loan, a_policy, a_repayment, a_shopper, a_word, an_offer
from tests.shop.builders import a_checkout, a_product

pytestmark = [
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "mysql" not in os.environ.get("DATABASE_URL", ""),
        reason="races need a database that several connections write at once: MySQL or MariaDB",
    ),
]

RUNS = int(os.environ.get("LOAN_RACE_RUNS", "3"))
PRESSES = 50
BANDS = ("a", "b", "c", "d", "e", "thin", "none")


@pytest.fixture
def alice(transactional_db: None) -> Customer:
    a_policy()  # emptying the tables for a race has taken the first one along
    return a_shopper("alice")


def accept(offer: Offer) -> str:
    """The number of the loan, or the name of what stood in the way."""
    try:
        acceptance = Acceptance(offer.number, offer.terms_hash)
        return accept_offer(customer=offer.application.customer, acceptance=acceptance).number
    except (LoanError, IntegrityError, OperationalError) as error:
        return type(error).__name__


def unlocked_application(application_id: int) -> Application:
    application = Application.objects.get(pk=application_id)
    time.sleep(0.3)
    return application


def unlocked(customer: Customer) -> None:
    """Read without a lock, and a pause in which the others read, too."""
    with transaction.atomic():
        time.sleep(0.01)


@pytest.mark.parametrize("run", range(RUNS))
def test_accepted_fifty_times_at_once_it_is_one_loan_and_one_coupon(alice: Customer, run: int) -> None:
    offer = an_offer(alice)
    given = at_once([partial(accept, offer)] * PRESSES)
    loan = Loan.objects.get()
    assert Counter(given) == {loan.number: PRESSES}
    assert (loan.status, Coupon.objects.count(), CustomerCoupon.objects.count()) == ("active", 1, 1)
    assert LedgerEntry.objects.count() == 1
    assert list(loan_differences()) == []


def test_control_without_locks_acceptances_run_into_each_other(
    alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = an_offer(alice)
    monkeypatch.setattr(lending, "lock_buyer", unlocked)
    monkeypatch.setattr(lending, "lock_application", unlocked_application)
    given = Counter(at_once([partial(accept, offer)] * 6))
    assert given == {Loan.objects.get().number: 1, "ApplicationMoved": 5}


def two_offers_of_one_limit(alice: Customer) -> list[Offer]:
    """Each of 400.00, where 500.00 may be owed. Two open applications, as no customer can have."""
    a_policy(exposure_limits=dict.fromkeys(BANDS, "500.00"))
    first = an_offer(alice, "400.00")
    Application.objects.update(open_for=None)
    return [first, an_offer(alice, "400.00")]


def owed() -> Decimal:
    return sum((loan.principal_left for loan in Loan.objects.all()), Decimal(0))


def test_a_limit_is_used_once(alice: Customer) -> None:
    offers = two_offers_of_one_limit(alice)
    given = at_once([partial(accept, offer) for offer in offers])
    assert sorted(given, key=len)[-1:] == [Loan.objects.get().number]
    assert ("OverExposure" in given, owed()) == (True, Decimal("400.00"))


def test_control_without_the_customer_s_lock_a_limit_is_used_twice(
    alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers = two_offers_of_one_limit(alice)

    def seen_and_slow(customer: Customer) -> Decimal:
        exposure = exposure_of(customer)
        time.sleep(0.3)
        return exposure

    monkeypatch.setattr(lending, "lock_buyer", unlocked)
    monkeypatch.setattr(lending, "exposure_of", seen_and_slow)
    at_once([partial(accept, offer) for offer in offers])
    assert owed() == Decimal("800.00")


def word(call: Callable[[], object]) -> str:
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "entered"


def test_ten_identical_words_at_once_settle_once(alice: Customer) -> None:
    loan = a_loan(alice)
    told = a_word(a_repayment(loan))
    given = at_once([partial(word, partial(record_repayment, callback=told))] * 10)
    loan.refresh_from_db()
    assert (given, LedgerEntry.objects.filter(kind="repayment").count()) == (["entered"] * 10, 1)
    assert list(loan_differences()) == []


def test_payments_at_once_never_settle_more_than_is_owed(alice: Customer) -> None:
    loan = a_loan(alice)
    words = [a_word(a_repayment(loan, "payoff")) for _ in range(8)]
    given = at_once([partial(word, partial(record_repayment, callback=told)) for told in words])
    loan.refresh_from_db()
    assert (given, loan.status, loan.principal_left) == (["entered"] * 8, "closed", Decimal("0.00"))
    assert list(loan_differences()) == []


def test_control_without_the_loan_s_lock_the_ledger_does_not_agree(
    alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan = a_loan(alice)
    words = [a_word(a_repayment(loan, "ahead", "50.00")) for _ in range(8)]

    def keep_slowly(*arguments: object) -> None:
        time.sleep(0.3)
        keep_book(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(repaying, "lock_loan", lambda loan_id: Loan.objects.get(pk=loan_id))
    monkeypatch.setattr(repaying, "keep_book", keep_slowly)
    given = at_once([partial(word, partial(record_repayment, callback=told)) for told in words])
    assert list(loan_differences()) != [] or set(given) != {"entered"}


def test_withdrawing_and_spending_at_once_do_one_of_the_two(alice: Customer) -> None:

    loan = a_loan(alice)
    held = CustomerCoupon.objects.get()
    add_to_cart(customer=alice, product_id=a_product().pk, quantity=1)
    checkout = a_checkout(alice, "5.00", coupon_id=held.pk)

    def order() -> str:
        try:
            return "ordered" if place_order(customer=alice, checkout=checkout) else ""
        except ShopError:
            return "refused"

    def withdraw() -> str:
        try:
            return "withdrawn" if lending.rescind_loan(loan=loan) else ""
        except LoanError:
            return "refused"

    given = sorted(at_once([order, withdraw]))
    held.refresh_from_db()
    loan.refresh_from_db()
    assert given in (["ordered", "refused"], ["refused", "withdrawn"])
    assert (held.used_on_id is not None) == (loan.status == "active")
    assert list(loan_differences()) == []
