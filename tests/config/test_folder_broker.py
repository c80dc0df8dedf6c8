"""The broker of the embedded profile: two processes and a folder between them."""

from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection
from kombu.transport import filesystem

from config import folder_broker


class Eager:
    """A message that somebody looks for while it is being written."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader

    def __json__(self) -> str:
        with pytest.raises(Empty):
            self.reader._get("tasks")
        return "whole"


def channels(folder: Path, transport: Any) -> tuple[Any, Any]:
    options = {name: str(folder) for name in ("data_folder_in", "data_folder_out", "control_folder")}
    connection = Connection(transport=transport, transport_options=options)
    return connection.channel(), connection.channel()


def test_a_message_is_seen_whole_or_not_at_all(tmp_path: Path) -> None:
    writer, reader = channels(tmp_path, folder_broker.Transport)
    writer._put("tasks", {"body": Eager(reader)})
    assert reader._get("tasks") == {"body": "whole"}
    with pytest.raises(Empty):
        reader._get("tasks")


def test_kombus_own_shows_an_empty_one(tmp_path: Path) -> None:
    """The control: the day this fails, our broker may go."""
    writer, reader = channels(tmp_path, filesystem.Transport)
    with pytest.raises(ValueError, match="Expecting value"):
        writer._put("tasks", {"body": Eager(reader)})


def test_messages_come_in_the_order_in_which_they_were_sent(tmp_path: Path) -> None:
    writer, reader = channels(tmp_path, folder_broker.Transport)
    for number in range(20):
        writer._put("tasks", {"number": number})
    assert [reader._get("tasks")["number"] for _ in range(20)] == list(range(20))


def test_queues_are_bound_and_found(tmp_path: Path) -> None:
    writer, reader = channels(tmp_path, folder_broker.Transport)
    assert reader.get_table("tasks") == []
    writer._queue_bind("tasks", "tasks", "", "tasks")
    assert [row.queue for row in reader.get_table("tasks")] == ["tasks"]
