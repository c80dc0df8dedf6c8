"""Customers, catalogue, reviews and the tags on them."""
