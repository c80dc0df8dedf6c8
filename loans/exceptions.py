"""What can be so at the loan desk that stops a request. Views turn these into sentences."""

from decimal import Decimal


class LoanError(Exception):
    """Base of the loan desk's domain errors."""


class Unschedulable(LoanError):
    """No repayment schedule can be drawn up for these terms."""

    def __init__(self, principal: Decimal, annual_rate: Decimal, months: int) -> None:
        super().__init__(f"no schedule for {principal} at {annual_rate} over {months} months")
        self.principal, self.annual_rate, self.months = principal, annual_rate, months
