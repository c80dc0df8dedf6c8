"""Lines of a file, gzip or plain, one at a time, however large the file is."""

import gzip
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self, cast

from shop.amazon.exceptions import AmazonFileDamaged, AmazonFileUnusable

GZIP_MAGIC = b"\x1f\x8b"
LONGEST_LINE = 1 << 20  # bytes; the longest of the published files has some hundred thousand


class Line(NamedTuple):
    number: int  # from 1
    raw: bytes  # without its newline; cut after LONGEST_LINE + 1 bytes

    @property
    def is_too_long(self) -> bool:
        return len(self.raw) > LONGEST_LINE


class LineFile:
    """A context manager over the lines of `path`; blank ones are passed over, but counted.

    Opening raises AmazonFileUnusable; reading raises AmazonFileDamaged where gzip data end or break early.
    """

    def __init__(self, path: Path, limit: int | None = None) -> None:
        self.path, self.limit = path, limit

    def __enter__(self) -> Self:
        try:
            self._disk = self.path.open("rb")
        except OSError as error:
            raise AmazonFileUnusable(f"{self.path} cannot be read: {error.strerror}.") from error
        is_gzip = self._disk.read(2) == GZIP_MAGIC
        self._disk.seek(0)
        self._text = cast("BinaryIO", gzip.GzipFile(fileobj=self._disk)) if is_gzip else self._disk
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._text.close()
        self._disk.close()

    def __iter__(self) -> Iterator[Line]:
        number = 0
        try:
            while self.limit is None or number < self.limit:
                raw = self._text.readline(LONGEST_LINE + 1)
                if not raw:
                    return
                number += 1
                if number == 1:
                    raw = raw.removeprefix(BOM_UTF8)
                if len(raw) > LONGEST_LINE:
                    self._pass_over_the_rest()
                raw = raw.strip()
                if raw:
                    yield Line(number, raw)
        except EOFError as error:
            raise AmazonFileDamaged(self.path, number, "is truncated: it ends") from error
        except (zlib.error, OSError) as error:
            raise AmazonFileDamaged(self.path, number, f"is damaged ({error}): it cannot be read") from error

    def _pass_over_the_rest(self) -> None:
        while (piece := self._text.readline(LONGEST_LINE)) and not piece.endswith(b"\n"):
            pass

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.path.stat().st_size

    @property
    def position(self) -> int:
        """Bytes of `size` that have been read."""
        return self._disk.tell()
