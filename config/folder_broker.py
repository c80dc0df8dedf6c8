"""The embedded profile's broker: kombu's folder of messages, of which no reader ever sees a part.

kombu opens a file under its final name and fills it then: a worker that looks in between reads an empty
message, and ends. The same holds for its tables of queues, which it makes anew where there are none.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time_ns
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **options: Any) -> None:  # type: ignore[override]
        text = dumps(payload)
        folder = Path(self.data_folder_out)
        written = folder / f"{uuid4()}.part"
        try:
            written.write_text(text)
            os.replace(written, folder / f"{time_ns()}_{uuid4()}.{queue}.msg")
        except OSError as error:
            raise ChannelError(f"A message cannot be put into {folder}: {error.strerror}.") from error

    def get_table(self, exchange: str) -> Any:
        with self._one_at_a_time():
            return super().get_table(exchange)

    def _queue_bind(self, *binding: Any) -> None:
        with self._one_at_a_time():
            super()._queue_bind(*binding)

    def _delete(self, *binding: Any, **options: Any) -> None:
        with self._one_at_a_time():
            super()._delete(*binding, **options)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        folder = Path(self.control_folder)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "tables.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    Channel = Channel
