"""Files that are read as text, plain or compressed, and files that appear whole or not at all."""

import gzip
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TextIO, cast

from seq2label.exceptions import FileUnusable

COMPRESSED = ".gz"


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a plain or gzip-compressed UTF-8 file for reading, a byte order mark or not before it."""
    opener = gzip.open if path.suffix == COMPRESSED else open
    try:
        lines = opener(path, "rt", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise FileUnusable(path, f"cannot be read: {error.strerror}") from error
    with lines:
        yield cast("TextIO", lines)


def refuse_output(path: Path, *read: Path) -> None:
    """Raises FileUnusable where nothing could be written to `path`, or one of the files `read` would be lost.

    Asked before the work, so that the work is not in vain.
    """
    for other in read:
        if path.exists() and other.exists() and path.samefile(other):
            raise FileUnusable(path, "is read, and would be replaced by what is written: choose another")
    if path.exists() and not path.is_file():
        raise FileUnusable(path, "is no file: name one to write")
    refuse_unwritable(path)


def refuse_unwritable(path: Path) -> None:
    """Raises FileUnusable where nothing new could stand at `path`; makes the folder that it stands in."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise FileUnusable(path, f"cannot be written: {error.strerror}") from error


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """Write beside `path` and move there at the end, compressed where its name ends in .gz.

    On an error nothing is left behind. Raises FileUnusable where the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    except OSError as error:
        raise FileUnusable(path, f"cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as disk, _text(disk, path) as lines:
            yield lines
        umask = os.umask(0)
        os.umask(umask)
        Path(part).chmod(0o666 & ~umask)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


@contextmanager
def _text(disk: IO[bytes], path: Path) -> Iterator[TextIO]:
    if path.suffix != COMPRESSED:
        with TextIOWrapper(disk, encoding="utf-8") as lines:
            yield lines
        return
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=disk, mtime=0) as packed,  # alike at any hour
        TextIOWrapper(packed, encoding="utf-8") as lines,
    ):
        yield lines
