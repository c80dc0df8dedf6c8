"""The loan desk's back room: the officers' queue, loans and their ledger, policies, the portfolio."""

from loans.admin import applications, loans, policies, records

__all__ = ["applications", "loans", "policies", "records"]
