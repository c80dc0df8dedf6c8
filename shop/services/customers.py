"""A customer's row: the lock of what is theirs, and the right to buy."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import F

from shop.models import Customer
from shop.services.audit import Change, record_changes


def customer_for_update(customer_id: int) -> Customer:
    """The customer's row, locked: taken before the rows of products and of what is the customer's."""
    return Customer.objects.select_for_update().get(pk=customer_id)


@transaction.atomic
def lock_customers(*, customer_ids: Collection[int], actor_id: int | None = None) -> list[int]:
    """They may read, but not buy or review; their sessions end at once. Returns those who were not locked."""
    locked = [
        customer_id
        for customer_id in sorted(customer_ids)
        if Customer.objects.filter(pk=customer_id, is_locked=False).update(
            is_locked=True, session_generation=F("session_generation") + 1
        )
    ]
    _record(locked, is_locked=True, actor_id=actor_id)
    return locked


@transaction.atomic
def unlock_customers(*, customer_ids: Collection[int], actor_id: int | None = None) -> list[int]:
    """They may buy and review again. Returns those who were locked."""
    unlocked = [
        customer_id
        for customer_id in sorted(customer_ids)
        if Customer.objects.filter(pk=customer_id, is_locked=True).update(is_locked=False)
    ]
    _record(unlocked, is_locked=False, actor_id=actor_id)
    return unlocked


def _record(customer_ids: Collection[int], *, is_locked: bool, actor_id: int | None) -> None:
    record_changes(
        (Change(Customer(pk=pk), "is_locked", not is_locked, is_locked) for pk in customer_ids),
        actor_id=actor_id,
    )
