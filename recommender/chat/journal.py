"""What a run has done and paid for, a line at a time beside its output, each on the disk before the next.

A run that is killed leaves at most its last line torn; the next one cuts that off and goes on.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import BaseModel, Field, TypeAdapter

from recommender.chat.exceptions import ChatError

Entry = Mapping[str, Any]


class JournalInUse(ChatError):
    """Another run writes it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"Another run writes {path}: wait for it, or choose another output.")


class JournalDamaged(ChatError):
    """A line that is not the last cannot be read: something else than a run wrote there."""

    def __init__(self, path: Path, number: int) -> None:
        super().__init__(f"{path}, line {number} is no entry of a journal: move the file away to begin anew.")


class AnswerTold(BaseModel):
    kind: Literal["answer"]
    key: str
    content: str
    problem: str
    cost: Decimal


class BatchIntended(BaseModel):
    kind: Literal["batch"]
    ticket: str
    at: float
    count: int
    month: date
    reserved: Decimal


class BatchSubmitted(BaseModel):
    kind: Literal["submitted"]
    ticket: str
    batch: str


class BatchClosed(BaseModel):
    kind: Literal["closed"]
    ticket: str


FORM: TypeAdapter[Any] = TypeAdapter(
    Annotated[AnswerTold | BatchIntended | BatchSubmitted | BatchClosed, Field(discriminator="kind")]
)


class Journal:
    """Entries so far, and a file to which more are added."""

    def __init__(self, path: Path, file: BinaryIO, entries: list[Entry]) -> None:
        self.path, self._file, self.entries = path, file, entries

    def add(self, *entries: Entry) -> None:
        """They are on the disk when this returns."""
        self.entries += entries
        for entry in entries:
            self._file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


@contextmanager
def open_journal(path: Path) -> Iterator[Journal]:
    """One run at a time: the kernel drops the lock of one that is killed. Raises JournalInUse or -Damaged."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise JournalInUse(path) from error
        yield Journal(path, file, whole_entries(path, file))


def whole_entries(path: Path, file: BinaryIO) -> list[Entry]:
    file.seek(0)
    content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        file.truncate(len(whole))
    return [entry_of(line, path, number) for number, line in enumerate(whole.splitlines(), start=1)]


def entry_of(line: bytes, path: Path, number: int) -> Entry:
    try:
        entry: Entry = json.loads(line)
        FORM.validate_python(entry)
    except (ValueError, RecursionError) as error:
        raise JournalDamaged(path, number) from error
    return entry
