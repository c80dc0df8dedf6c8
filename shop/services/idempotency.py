"""Writes that are done once, however often a program sends them under one key.

A key is claimed in a transaction of its own. What the request changes and its answer are stored in one
transaction after that, so a claim without an answer has changed nothing and may be taken over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from shop.exceptions import KeyInFlight, KeyReused
from shop.models import Customer, IdempotencyKey

ABANDONED_AFTER = timedelta(minutes=2)  # no request takes as long: whoever claimed the key is dead
KEPT = timedelta(days=1)
AT_ONCE = 1_000


def claim_key(*, customer: Customer, key: str, request_hash: str) -> IdempotencyKey:
    """The key for the first who sends it; with the answer for who sends it again.

    Raises KeyInFlight while there is no answer yet, KeyReused for another request.
    """
    digest = sha256(key.encode()).hexdigest()
    # Looked for first: an insert of the same key would wait for whoever holds the customer's row.
    earlier = IdempotencyKey.objects.filter(customer=customer, digest=digest).first()
    if earlier is None:
        return _claimed(customer, digest, request_hash)
    if earlier.request_hash != request_hash:
        raise KeyReused
    return earlier if earlier.is_answered else _taken_over(earlier)


@contextmanager
def answering(claim: IdempotencyKey) -> Iterator[None]:
    """What happens inside is kept together with its answer, or not at all: then the key is free again."""
    try:
        with transaction.atomic():
            yield
    except BaseException:
        _unanswered(claim).delete()
        raise


def store_answer(*, claim: IdempotencyKey, status: int, body: object) -> None:
    """Within `answering`. Raises KeyInFlight where somebody has taken the claim over."""
    if not _unanswered(claim).update(status=status, body=body):
        raise KeyInFlight


def forget_idempotency_keys() -> int:
    """Delete what is older than a day, in batches."""
    old = IdempotencyKey.objects.filter(started_at__lt=timezone.now() - KEPT)
    forgotten = 0
    while ids := list(old.order_by("started_at").values_list("pk", flat=True)[:AT_ONCE]):
        forgotten += IdempotencyKey.objects.filter(pk__in=ids).delete()[0]
    return forgotten


def _claimed(customer: Customer, digest: str, request_hash: str) -> IdempotencyKey:
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                customer=customer, digest=digest, request_hash=request_hash, started_at=timezone.now()
            )
    except IntegrityError as error:
        raise KeyInFlight from error


def _taken_over(claim: IdempotencyKey) -> IdempotencyKey:
    """Compare and set, so that one of several takes over what was abandoned."""
    now = timezone.now()
    if now - claim.started_at < ABANDONED_AFTER or not _unanswered(claim).update(started_at=now):
        raise KeyInFlight
    claim.started_at = now
    return claim


def _unanswered(claim: IdempotencyKey) -> "QuerySet[IdempotencyKey]":
    """The claim, as long as it is this one's."""
    return IdempotencyKey.objects.filter(pk=claim.pk, started_at=claim.started_at, status=None)
