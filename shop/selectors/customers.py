"""Questions about customers and what is theirs."""

from shop.models import Customer
from shop.models.customers import normal_email


def customer_reached_at(email: str) -> Customer | None:
    """Who may log in and has this e-mail address, letter for letter: MySQL also finds jose for josé."""
    wanted = normal_email(email)
    found = Customer.objects.filter(email=wanted, is_deleted=False).first() if wanted else None
    return found if found and found.email == wanted else None
