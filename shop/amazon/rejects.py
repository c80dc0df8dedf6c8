"""The lines that were not imported, kept for whoever wants to repair them."""

import os
import tempfile
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from shop.amazon.exceptions import AmazonFileUnusable
from shop.amazon.lines import Line


class Reason(StrEnum):
    TOO_LONG = "longer than 1 MiB"
    NOT_JSON = "not a JSON object"
    NO_PRODUCT = "no product code (asin) of 1 to 20 letters and digits"
    BAD_STARS = "stars are not 1, 2, 3, 4 or 5"
    BAD_TIME = "no time between 1995 and today"


class Rejected(Exception):
    """A line that cannot be imported."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class RejectsFile:
    """A context manager that writes `path` whole when it is left in peace, and else leaves it as it was.

    One JSON object a line: `file, line, reason, raw`. With nothing rejected there is no file, and one of an
    earlier run goes. Readable to its owner alone, since `raw` names reviewers as the input does.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, self._draft = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        except OSError as error:
            raise AmazonFileUnusable(f"{self.path} cannot be written: {error.strerror}.") from error
        self._file = os.fdopen(handle, "wb")
        return self

    def add(self, source: Path, line: Line, reason: Reason) -> None:
        self.count += 1
        row = {
            "file": source.name,
            "line": line.number,
            "reason": reason,
            "raw": line.raw.decode(errors="replace"),
        }
        self._file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None and self.count:
            os.replace(self._draft, self.path)
            return
        os.unlink(self._draft)
        if kind is None:
            self.path.unlink(missing_ok=True)
