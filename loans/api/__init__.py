"""The loan desk for programs, under /api/v1/, by the rules of shop.api."""
