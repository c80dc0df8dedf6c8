"""Decisions and changes. Each opens its own transaction and raises domain errors."""
