"""The audit trail: who changed a price, a stock, a status, a lock, a tag or a loan, from what to what.

Written by the service that changes it, in the same transaction: a change without its entry is undone, and so
is an entry without its change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from django.db.models import Model

from shop.models import AuditEntry, Customer
from shop.models.audit import AuditKind

LONGEST = 255
KINDS: Mapping[str, AuditKind] = {
    "selling_price": AuditKind.PRICE,
    "original_price": AuditKind.PRICE,
    "on_hand": AuditKind.STOCK,
    "is_on_sale": AuditKind.SALE,
    "status": AuditKind.STATUS,
    "is_locked": AuditKind.LOCK,
    "tags": AuditKind.TAGS,
}


@dataclass(frozen=True, slots=True)
class Change:
    """A field of an object that has been stored."""

    target: Model
    field: str
    before: Any
    after: Any


def record(*, actor: Customer | None, target: Model, field: str, before: Any, after: Any) -> None:
    """Enter one change, in the caller's transaction; nothing where the two say the same.

    `actor` is None where the shop itself acted. Objects of other apps are entered as loans.
    """
    record_changes([Change(target, field, before, after)], actor_id=actor.pk if actor else None)


def record_changes(changes: Iterable[Change], *, actor_id: int | None) -> None:
    """Enter many with one statement, in the caller's transaction."""
    entries = [_entry(change, actor_id) for change in changes]
    AuditEntry.objects.bulk_create(entry for entry in entries if entry.before != entry.after)


def _entry(change: Change, actor_id: int | None) -> AuditEntry:
    return AuditEntry(
        kind=_kind(change),
        target_model=change.target._meta.label_lower,
        target_id=change.target.pk,
        field=change.field,
        before=written(change.before),
        after=written(change.after),
        actor_id=actor_id,
    )


def _kind(change: Change) -> AuditKind:
    return KINDS[change.field] if change.target._meta.app_label == "shop" else AuditKind.LOAN


def written(value: Any) -> str:
    """As it is stored: of a choice its value, of nothing nothing."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case Decimal():
            return f"{value:.2f}"
        case _:
            return str(value)[:LONGEST]
