"""Credit score, application, offers, agreement, repayment."""
