"""The agreement of a loan: what the customer reads before accepting, and can download ever after."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from loans.models import Loan, Offer
from loans.policy import Policy
from loans.terms import Schedule, first_day, months_after, schedule


@dataclass(frozen=True, slots=True)
class Agreement:
    """`drawn_up_on` is the day that the schedule starts from: today, or that of the acceptance."""

    number: str
    principal: Decimal
    months: int
    annual_rate: Decimal
    instalment: Decimal
    schedule: Schedule
    policy: Policy
    terms_hash: str
    drawn_up_on: date
    accepted_at: datetime | None

    @property
    def first_due_on(self) -> date:
        return self.schedule.instalments[0].due_on


def agreement_of_offer(offer: Offer) -> Agreement:
    """As it would be if it were accepted today."""
    return _agreement(offer, timezone.localdate(), None)


def agreement_of_loan(loan: Loan) -> Agreement:
    """As it was accepted; what was paid since is on the statement."""
    return _agreement(loan.offer, timezone.localdate(loan.accepted_at), loan.accepted_at)


def first_due_on(day: date) -> date:
    """Of a loan that is accepted on `day`."""
    return months_after(first_day(day), 1)


def _agreement(offer: Offer, day: date, accepted_at: datetime | None) -> Agreement:
    return Agreement(
        number=offer.number, principal=offer.principal, months=offer.months, annual_rate=offer.annual_rate,
        instalment=offer.instalment,
        schedule=schedule(offer.principal, offer.annual_rate, offer.months, first_due_on(day)),
        policy=offer.decision.policy.policy, terms_hash=offer.terms_hash, drawn_up_on=day,
        accepted_at=accepted_at,
    )  # fmt: skip
