"""Asking nobody who failed several times in a row: a dead server costs a few pages their patience."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from recommender.chat.exceptions import BadAnswer, Resting, ServerFailed

FAILURES = 3  # in a row
REST = 30.0  # seconds; doubled while the one who tries afterwards fails, too
LONGEST_REST = 480.0


class Breaker:
    """One for a process. While it rests nobody passes; afterwards one does, and the others as it fares."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._rest = REST
        self._rests_until = 0.0
        self._is_tried = False

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Raises Resting. What fails inside with ServerFailed or BadAnswer is counted."""
        is_trial = self._enter()
        try:
            yield
        except (ServerFailed, BadAnswer):
            self._note_failure(is_trial)
            raise
        except BaseException:
            self._leave(is_trial)
            raise
        self._note_success()

    def _enter(self) -> bool:
        with self._lock:
            if self._failures < FAILURES:
                return False
            left = self._rests_until - self._clock()
            if left > 0 or self._is_tried:
                raise Resting(max(left, 0.0))
            self._is_tried = True
            return True

    def _leave(self, is_trial: bool) -> None:
        with self._lock:
            self._is_tried = self._is_tried and not is_trial

    def _note_failure(self, is_trial: bool) -> None:
        with self._lock:
            self._failures += 1
            if is_trial:
                self._is_tried = False
                self._rest = min(2 * self._rest, LONGEST_REST)
            if is_trial or self._failures == FAILURES:
                self._rests_until = self._clock() + self._rest

    def _note_success(self) -> None:
        with self._lock:
            self._failures, self._rest, self._is_tried = 0, REST, False
