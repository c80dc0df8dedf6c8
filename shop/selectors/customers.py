"""Questions about customers and what is theirs."""

from collections.abc import Iterable

from django.db.models import QuerySet

from shop.models import Address, Customer
from shop.models.customers import normal_email


def customer_reached_at(email: str) -> Customer | None:
    """Who may log in and has this e-mail address, letter for letter: MySQL also finds jose for josé."""
    wanted = normal_email(email)
    found = Customer.objects.filter(email=wanted, is_deleted=False).first() if wanted else None
    return found if found and found.email == wanted else None


def closed_customers(customer_ids: Iterable[int]) -> set[int]:
    """Those of `customer_ids` whose account is closed or gone: nothing is to be kept about them."""
    asked = set(customer_ids)
    open_ones = Customer.objects.filter(pk__in=asked, is_deleted=False)
    return asked - set(open_ones.values_list("pk", flat=True))


def address_book(customer: Customer) -> "QuerySet[Address]":
    """The default first, then the one changed last."""
    return customer.addresses.order_by("-default_of", "-changed_at", "-pk")
