"""When the worker last had a turn, kept where all processes see it: what `manage.py doctor` goes by."""

import logging
import time

from django.core.cache import cache

KEY = "recommender-worker-beat"
EACH = 5.0  # seconds between two beats that are written
KEPT = 7 * 86_400

logger = logging.getLogger(__name__)
_written_at = 0.0


def beat() -> None:
    """Note that the worker is alive. Never fails: its work is worth more than this."""
    global _written_at  # noqa: PLW0603 (one for the process, as the worker is)
    now = time.time()
    if now - _written_at < EACH:
        return
    try:
        cache.set(KEY, now, KEPT)
    except Exception as error:  # whatever the cache is, it must not stop the worker
        logger.warning("The worker's beat could not be noted: %s", error)
    _written_at = now


def seconds_since_beat() -> float | None:
    """None where no worker has ever noted one, or none for a week; below zero where its clock is ahead."""
    written_at = cache.get(KEY)
    return None if written_at is None else time.time() - written_at
