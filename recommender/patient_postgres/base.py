"""Django's PostgreSQL engine, which waits no longer than its caller: for a server that hangs, too.

A statement's timeout is kept by the server. One that is stopped, or behind a line that swallows everything,
keeps none.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import QueryCanceled

LEAST = 0.025  # seconds that each answer is waited for: the caller may have spent the time otherwise


class Overdue(psycopg.OperationalError):
    """The server did not answer in time, nor said anything for so many seconds; the connection is closed."""

    def __init__(self, silence: float) -> None:
        super().__init__(f"PostgreSQL has said nothing for {silence:.3f} seconds.")
        self.silence = silence


@dataclass(slots=True)
class Patience:
    """Moments are of time.monotonic()."""

    deadline: float
    heard: float = field(default_factory=time.monotonic)  # when the server last answered

    @property
    def left(self) -> float:
        return max(self.deadline - time.monotonic(), LEAST)

    def overdue(self) -> Overdue:
        return Overdue(time.monotonic() - self.heard)


class PatientConnection(psycopg.Connection[Any]):
    patience: Patience | None = None

    def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        if self.patience is None:
            return super().wait(gen, *arguments, **options)
        try:
            answer = super().wait(gen, timeout=self.patience.left)
        except psycopg.OperationalError as error:
            if isinstance(error, QueryCanceled) or time.monotonic() < self.patience.deadline:
                raise
            self.pgconn.finish()  # what it was asked may still be answered, to nobody
            raise self.patience.overdue() from error
        self.patience.heard = time.monotonic()
        return answer


class DatabaseWrapper(base.DatabaseWrapper):
    Database: Any = SimpleNamespace(**{**vars(psycopg), "connect": PatientConnection.connect})
    _patience: Patience | None = None
    _opening: "Future[Any] | None" = None

    @contextmanager
    def until(self, deadline: float) -> Iterator[None]:
        """Inside, opening and asking end by then, in time.monotonic(), or raise OperationalError.

        Not inside a transaction: the connection may be closed.
        """
        self._patience = Patience(deadline)
        try:
            if self.connection is not None:
                self.connection.patience = self._patience
            yield
        finally:
            self._patience = None
            if self.connection is not None:
                self.connection.patience = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """What was not open in time goes on opening, for whoever asks next in this thread."""
        opening, patience = self._opening, self._patience
        if opening is None and patience is None:
            return self.opened(conn_params)
        if opening is None or (opening.done() and opening.exception()):
            opening = begun(lambda: self.opened(conn_params))
        try:
            connection = opening.result(patience.left if patience else None)
        except TimeoutError as error:
            if patience is None:
                raise
            raise patience.overdue() from error
        finally:
            self._opening = None if opening.done() else opening
        connection.patience = patience
        return connection

    def opened(self, conn_params: dict[str, Any]) -> Any:
        return super().get_new_connection(conn_params)


def begun(work: Callable[[], Any]) -> "Future[Any]":
    """In a thread of its own, since a pool's threads are not there after a fork."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, name="opening PostgreSQL", daemon=True).start()
    return future
