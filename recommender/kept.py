"""What a process keeps of what it read, up to a number: what it read first goes first."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Kept(Generic[KeyT, ValueT]):
    """The last `most` rows, for all threads of the process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: OrderedDict[KeyT, ValueT] = OrderedDict()
        self._lock = Lock()

    def of(self, keys: Iterable[KeyT]) -> dict[KeyT, ValueT]:
        with self._lock:
            return {key: self._rows[key] for key in keys if key in self._rows}

    def keep(self, rows: Mapping[KeyT, ValueT]) -> None:
        with self._lock:
            self._rows.update(rows)
            while len(self._rows) > self._most:
                self._rows.popitem(last=False)

    def forget(self, keys: Iterable[KeyT]) -> None:
        with self._lock:
            for key in keys:
                self._rows.pop(key, None)

    def forget_all(self) -> None:
        with self._lock:
            self._rows.clear()
