"""What can be so at the loan desk that stops a request. Views turn these into sentences."""

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loans.models import Application, Loan


class LoanError(Exception):
    """Base of the loan desk's domain errors."""


class Unschedulable(LoanError):
    """No repayment schedule can be drawn up for these terms."""

    def __init__(self, principal: Decimal, annual_rate: Decimal, months: int) -> None:
        super().__init__(f"no schedule for {principal} at {annual_rate} over {months} months")
        self.principal, self.annual_rate, self.months = principal, annual_rate, months


class NotEligible(LoanError):
    """The customer cannot apply now; `reason` is one of loans.selectors.eligibility."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not eligible: {reason}")
        self.reason = reason


class ConsentOutdated(LoanError):
    """The text that was agreed to is not the one in force."""


class ApplicationMoved(LoanError):
    """The application's status does not allow this (any more)."""

    def __init__(self, application: "Application") -> None:
        super().__init__(f"application {application.number} is {application.status}")
        self.application = application


class OfferGone(LoanError):
    """The offer has expired or was withdrawn."""


class OfferChanged(LoanError):
    """What was accepted is not what the offer says."""


class OverExposure(LoanError):
    """The amount is more than what is left of the customer's limit."""

    def __init__(self, principal: Decimal, left: Decimal) -> None:
        super().__init__(f"{principal} asked for, {left} left")
        self.principal, self.left = principal, left


class LoanMoved(LoanError):
    """The loan's status does not allow this (any more)."""

    def __init__(self, loan: "Loan") -> None:
        super().__init__(f"loan {loan.number} is {loan.status}")
        self.loan = loan


class CoolingOffOver(LoanError):
    """The loan cannot be withdrawn from any more: its days are over, or some of it is spent or repaid."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"cannot be withdrawn from: {reason}")
        self.reason = reason  # "late", "spent" or "repaid"


class NothingDue(LoanError):
    """There is nothing to pay of that kind."""


class RepaymentTooHigh(LoanError):
    """More than what is left of the loan."""

    def __init__(self, amount: Decimal, left: Decimal) -> None:
        super().__init__(f"{amount} to be paid, {left} left")
        self.amount, self.left = amount, left


class RepaymentTooLow(LoanError):
    """After what is due and the interest to date, nothing would be left to lessen the principal."""

    def __init__(self, amount: Decimal, least: Decimal) -> None:
        super().__init__(f"{amount} to be paid, {least} at least")
        self.amount, self.least = amount, least


class LedgerImmutable(LoanError):
    """Ledger rows are never changed; an entry that reverses them corrects them."""


class Unsealable(LoanError):
    """An encrypted value cannot be read: another key, or another row's."""


class Purged(LoanError):
    """The finances of this application are no longer kept."""


class ReasonMissing(LoanError):
    """A loan officer decides with a written reason."""
