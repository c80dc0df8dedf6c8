"""Decisions and changes of the loan desk."""
