"""Files that a command writes: looked at before the work, and in place only when whole."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from gzip import GzipFile
from pathlib import Path
from typing import BinaryIO, cast

from django.core.serializers.json import DjangoJSONEncoder

from recommender.exceptions import RecommenderError


class OutputUnusable(RecommenderError):
    """Nothing was done: what the work is to give could not be kept."""


def refuse_output(path: Path, *read: Path) -> None:
    """Raises OutputUnusable where `path` cannot be written, or to write it would lose a file `read`."""
    for other in read:
        if path.exists() and other.exists() and path.samefile(other):
            raise OutputUnusable(
                f"{path} is read, and would be replaced by what is written: name another file to write."
            )
    if path.exists() and not path.is_file():
        raise OutputUnusable(f"{path} is no file: name one to write.")
    if not path.parent.is_dir():
        raise OutputUnusable(f"There is no folder {path.parent} for {path.name}: make it first.")
    try:
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise OutputUnusable(f"{path.parent} cannot be written: {error.strerror}.") from error


@contextmanager
def replaced_whole(path: Path) -> Iterator[BinaryIO]:
    """Written beside `path`, and in its place when all of it is on the disk; else the old one stays.

    Compressed where the name ends in .gz.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            packed = GzipFile("", "wb", fileobj=file, mtime=0) if path.suffix == ".gz" else nullcontext(file)
            with packed as out:
                yield cast("BinaryIO", out)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, content: object) -> None:
    """With times as ISO 8601 has them."""
    with replaced_whole(path) as file:
        file.write((json.dumps(content, indent=1, cls=DjangoJSONEncoder) + "\n").encode())
