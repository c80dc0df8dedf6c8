"""Rows of the loan desk: applications and decisions, loans, their ledger and repayments."""

from loans.models.applications import Application, ApplicationEvent, Decision, Offer
from loans.models.ledger import LedgerEntry, LedgerLine
from loans.models.loans import Instalment, Loan, LoanEvent
from loans.models.policies import PolicyVersion
from loans.models.repayments import Repayment, RepaymentPayment, RepaymentRefund

__all__ = [
    "Application", "ApplicationEvent", "Decision", "Instalment", "LedgerEntry", "LedgerLine", "Loan",
    "LoanEvent", "Offer", "PolicyVersion", "Repayment", "RepaymentPayment", "RepaymentRefund",
]  # fmt: skip
