"""A loan at the desk, whatever happens to it in whatever order, beside an oracle that reckons in cents."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from loans.exceptions import CoolingOffOver, LoanError
from loans.models import LedgerLine
from loans.models.repayments import RepaymentKind
from loans.policy import DEFAULT_POLICY, POLICY_BANDS
from loans.services.ageing import age_loan
from loans.services.books import book_of
from loans.services.lending import rescind_loan
from loans.services.reconciliation import loan_differences
from loans.services.repaying import record_repayment, start_repayment
from loans.terms import first_day, months_after
from shop.models import Customer, CustomerCoupon
from tests.loans.builders import a_loan, a_policy, a_shopper, a_word
from tests.loans.oracle import OracleLoan

pytestmark = pytest.mark.django_db

_names = count(1)
GRACE, FEE, SHARE = DEFAULT_POLICY.grace_days, 1000, Fraction(1, 20)


def cents(amount: Decimal) -> int:
    return int(amount * 100)


def yuan(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-2)


class LoanMachine(RuleBasedStateMachine):
    """Its clock stands still but for `wait`."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now = timezone.now()
        self.received = self.sent_back = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @contextmanager
    def clock(self) -> Iterator[None]:
        with patch("django.utils.timezone.now", lambda: self.now):
            yield

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(django_settings.TIME_ZONE)).date()

    @initialize(amount=st.integers(6, 12), months=st.sampled_from([3, 6, 12]), day=st.integers(0, 40))
    def borrow(self, amount: int, months: int, day: int) -> None:
        a_policy(exposure_limits=dict.fromkeys(POLICY_BANDS, "600.00"))
        alice: Customer = a_shopper(f"alice-{next(_names)}", orders=1)
        self.now += timedelta(days=day)
        with self.clock():
            self.loan = a_loan(alice, f"{50 * amount}.00", months)
        since = first_day(self.today)
        days = [months_after(since, month) for month in range(1, months + 1)]
        self.oracle = OracleLoan.opened(5000 * amount, Fraction(self.loan.annual_rate), since, days)
        self.is_over = False

    @rule(days=st.integers(1, 45))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def age(self) -> None:
        with self.clock():
            age_loan(loan_id=self.loan.pk, today=self.today)
        if not self.is_over:
            self.oracle.charge(self.today, GRACE, FEE, SHARE)

    @precondition(lambda self: not self.is_over)
    @rule(kind=st.sampled_from(list(RepaymentKind)), share=st.fractions(0, 1))
    def pay(self, kind: RepaymentKind, share: Fraction) -> None:
        with self.clock():
            most = self.oracle.payoff(self.today)
            amount = None if share == 1 or kind == RepaymentKind.PAYOFF else yuan(int(most * share))
            try:
                repayment = start_repayment(loan=self.loan, kind=kind, amount=amount)
            except LoanError:
                return
            payment = record_repayment(callback=a_word(repayment))
        self.received += cents(payment.amount)
        surplus = self.oracle.pay(cents(payment.amount), self.today, kind != RepaymentKind.INSTALMENT)
        self.sent_back += surplus
        assert cents(payment.amount - payment.settled) == surplus
        self.is_over = not self.oracle.balance and all(due.is_paid for due in self.oracle.dues)

    @precondition(lambda self: not self.is_over)
    @rule()
    def withdraw(self) -> None:
        with self.clock():
            try:
                rescind_loan(loan=self.loan)
            except (CoolingOffOver, LoanError):
                assert self.received or self.now > self.loan.rescindable_until or self.has_been_overdue
                return
        assert self.received == 0
        self.oracle.dues, self.is_over = [], True
        assert not CustomerCoupon.objects.usable().exists()

    @property
    def has_been_overdue(self) -> bool:
        return self.loan.events.filter(status="overdue").exists()

    @invariant()
    def the_desk_and_the_oracle_agree(self) -> None:
        if not hasattr(self, "loan"):
            return
        self.loan.refresh_from_db()
        rows = book_of(self.loan).rows
        assert [
            (row.due_on, cents(row.fee), cents(row.interest), cents(row.principal), cents(row.left))
            for row in rows
        ] == [
            (due.on, *due.owed.values(), sum(due.left(part) for part in due.owed))
            for due in self.oracle.dues
        ]  # fmt: skip
        assert cents(self.loan.principal_left) == self.oracle.balance
        assert (self.loan.status in {"closed", "rescinded"}) == self.is_over

    @invariant()
    def no_cent_is_lost(self) -> None:
        if hasattr(self, "loan"):
            lines = LedgerLine.objects.filter(entry__loan=self.loan, account="cash")
            settled = cents(sum((line.amount for line in lines), Decimal(0)))
            assert settled == self.received - self.sent_back
            assert list(loan_differences()) == []


def test_whatever_happens_the_desk_and_the_oracle_agree() -> None:
    run_state_machine_as_test(
        LoanMachine,
        settings=settings(
            max_examples=20, stateful_step_count=15, deadline=None,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip
