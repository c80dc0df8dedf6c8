"""What must be sent once a decision is stored: written with it, sent after it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from shop.models import OutboxMessage
from shop.models.outbox import OutboxKind


def put_in_outbox(kind: OutboxKind, payload: Mapping[str, Any], *, due_at: datetime | None = None) -> None:
    """In the transaction of what it tells of."""
    OutboxMessage.objects.create(kind=kind, payload=dict(payload), due_at=due_at or timezone.now())


def tell_the_desk(subject: str, body: str) -> None:
    """A mail to those who pack and refund."""
    put_in_outbox(OutboxKind.MAIL, {"to": settings.ORDER_DESK_EMAIL, "subject": subject, "body": body})
