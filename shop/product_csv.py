"""Products as a CSV file: UTF-8, with a line of headers, a product a line, for spreadsheets.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, and so is one that
begins with an apostrophe; reading takes that one away again, so that a file that was written reads as it was.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from django.utils.translation import gettext as _

from shop.exceptions import WrongLine, WrongProductFile

COLUMNS = (
    "id", "sku", "asin", "category", "name", "name_zh", "brand", "brief", "brief_zh", "detail", "detail_zh",
    "rich_detail", "rich_detail_zh", "selling_price", "original_price", "quantity", "unit", "on_hand",
    "is_on_sale",
)  # fmt: skip
KEYS = ("id", "sku", "asin")  # one of these says which product a line is about
PATH_SEPARATOR = " > "
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"
csv.field_size_limit(2**24)  # a detail may be longer than the 128 KiB that Python reads otherwise

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """`number` is where it begins in the file; `cells` has the columns that the file has."""

    number: int
    cells: Cells


def written(rows: Iterable[Cells]) -> Iterator[str]:
    """The file, a piece a row. Excel takes it for UTF-8 by the mark at its beginning."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    yield BOM + _emptied(buffer)
    for row in rows:
        writer.writerow([_escaped(row[column]) for column in COLUMNS])
        yield _emptied(buffer)


def lines_of(content: bytes) -> list[Line]:
    """The file's lines but for empty ones. Raises WrongProductFile with all that cannot be read as such."""
    reader = csv.reader(StringIO(_decoded(content), newline=""), strict=True)
    lines: list[Line] = []
    wrong: list[WrongLine] = []
    headers: Sequence[str] | None = None
    begins = 1
    try:
        for row in reader:
            number, begins = begins, reader.line_num + 1
            if headers is None:
                headers = _checked([cell.strip() for cell in row])
            elif len(row) == len(headers):
                lines.append(Line(number, dict(zip(headers, map(_unescaped, row), strict=True))))
            elif row:
                sentence = _("It has %(found)d cells, and the headers are %(expected)d.")
                wrong.append(WrongLine(number, sentence % {"found": len(row), "expected": len(headers)}))
    except csv.Error as error:
        wrong.append(WrongLine(begins, _("It is not CSV: %(reason)s.") % {"reason": error}))
    if headers is None and not wrong:
        wrong.append(WrongLine(1, _("The file is empty.")))
    if wrong:
        raise WrongProductFile(wrong)
    return lines


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        sentence = _("It is not UTF-8: save the file as “CSV UTF-8”.")
        raise WrongProductFile([WrongLine(number, sentence)]) from error


def _checked(headers: Sequence[str]) -> Sequence[str]:
    wrong = []
    if unknown := [header for header in headers if header not in COLUMNS]:
        wrong.append(_("There is no column %(names)s.") % {"names": ", ".join(map(repr, unknown))})
    if len(set(headers)) < len(headers):
        wrong.append(_("A column stands there twice."))
    if not set(headers) & set(KEYS):
        wrong.append(_("One of the columns %(names)s must be there.") % {"names": ", ".join(KEYS)})
    if wrong:
        raise WrongProductFile([WrongLine(1, sentence) for sentence in wrong])
    return headers


def _escaped(text: str) -> str:
    return f"'{text}" if text.startswith((*FORMULA_STARTS, "'")) else text


def _unescaped(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith((*FORMULA_STARTS, "'")) else text


def _emptied(buffer: StringIO) -> str:
    piece = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return piece
