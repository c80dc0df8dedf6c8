"""Sending what is in the outbox. Two workers may do it at once, and either may be killed."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone

from shop.models import OutboxMessage
from shop.models.outbox import OutboxKind
from shop.services.mail import reset_mail
from shop.services.refunds import pay_out

logger = logging.getLogger(__name__)

AT_ONCE = 100
LEASE = timedelta(minutes=2)  # longer than any message takes to send
LONGEST_PAUSE = timedelta(hours=1)
TIMEOUT = 10  # seconds

Send = Callable[[OutboxMessage], None]


@dataclass(slots=True)
class Delivered:
    sent: int = 0
    failed: int = 0


def deliver_outbox() -> Delivered:
    """Send what is due, oldest first. What fails is tried again, after ever longer pauses."""
    delivered = Delivered()
    for message in OutboxMessage.objects.due().order_by("pk")[:AT_ONCE]:
        if not claim(message):
            continue
        try:
            SENDERS[OutboxKind(message.kind)](message)
        except Exception as error:  # whatever is wrong with one must not hold up the others
            delivered.failed += 1
            _try_again(message, error)
        else:
            delivered.sent += 1
            OutboxMessage.objects.filter(pk=message.pk).update(delivered_at=timezone.now(), last_error="")
    return delivered


def claim(message: OutboxMessage) -> bool:
    """Compare and set `due_at`: of two workers one wins, and only until the lease is over."""
    return bool(
        OutboxMessage.objects.filter(pk=message.pk, delivered_at=None, due_at=message.due_at).update(
            due_at=timezone.now() + LEASE, attempts=F("attempts") + 1
        )
    )


def _try_again(message: OutboxMessage, error: Exception) -> None:
    pause = min(timedelta(seconds=2 ** min(message.attempts, 12)), LONGEST_PAUSE)
    logger.warning("%s is not sent, the next attempt is in %s: %s", message, pause, error)
    OutboxMessage.objects.filter(pk=message.pk).update(
        due_at=timezone.now() + pause, last_error=str(error)[:255]
    )


def _send_mail(message: OutboxMessage) -> None:
    mail = _mail_of(message.payload)
    if mail is None:
        return
    # The same id each time: should it be sent twice, a reader's mailbox can tell.
    mail.extra_headers["Message-ID"] = f"<outbox-{message.pk}-{message.created_at:%Y%m%d%H%M%S%f}@larder>"
    mail.send()


def _mail_of(payload: Mapping[str, Any]) -> EmailMessage | None:
    """As it was written, or written now; None where there is nobody to send it to."""
    if "password_reset" in payload:
        return reset_mail(**payload["password_reset"])
    return EmailMessage(payload["subject"], payload["body"], to=[payload["to"]])


def _send_refund(message: OutboxMessage) -> None:
    pay_out(refund_id=message.payload["refund_id"])


def _send_sandbox_callback(message: OutboxMessage) -> None:
    request = Request(  # noqa: S310 (an address that the shop itself signed)
        message.payload["address"], data=urlencode(message.payload["fields"]).encode(), method="POST"
    )
    with urlopen(request, timeout=TIMEOUT):  # noqa: S310
        pass


SENDERS: dict[OutboxKind, Send] = {
    OutboxKind.MAIL: _send_mail,
    OutboxKind.REFUND: _send_refund,
    OutboxKind.SANDBOX_CALLBACK: _send_sandbox_callback,
}
