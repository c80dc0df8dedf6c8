"""A customer's row: the lock of what is theirs, and the right to buy."""

from collections.abc import Collection

from django.db.models import F

from shop.models import Customer


def customer_for_update(customer_id: int) -> Customer:
    """The customer's row, locked: taken before the rows of products and of what is the customer's."""
    return Customer.objects.select_for_update().get(pk=customer_id)


def lock_customers(*, customer_ids: Collection[int]) -> list[int]:
    """They may read, but not buy or review; their sessions end at once. Returns those who were not locked."""
    return [
        customer_id
        for customer_id in sorted(customer_ids)
        if Customer.objects.filter(pk=customer_id, is_locked=False).update(
            is_locked=True, session_generation=F("session_generation") + 1
        )
    ]


def unlock_customers(*, customer_ids: Collection[int]) -> list[int]:
    """They may buy and review again. Returns those who were locked."""
    return [
        customer_id
        for customer_id in sorted(customer_ids)
        if Customer.objects.filter(pk=customer_id, is_locked=True).update(is_locked=False)
    ]
