"""Questions about the loan desk."""
