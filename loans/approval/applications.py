"""Decided applications from a file: Kaggle's loan_data.csv as it was published, blanks and all; .gz, too.

Blanks stay blank here: what stands in for them is learnt from the rows that a model learns from.
"""

import csv
import gzip
import hashlib
import io
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loans.approval.exceptions import ApplicationFileUnusable

ID, DECISION = "Loan_ID", "Loan_Status"
# Never a feature and never asked for: read for the fairness report, and to tell what leaving them out costs.
PROTECTED = ("Gender", "Married", "Dependents", "Property_Area")
# Tried, and told nothing that the rest did not (the model card's table).
UNUSED = ("Education", "Self_Employed")
UNKNOWN = "not known"

Row = tuple[int, Mapping[str, Any]]
"""The line on which it ends, and its cells."""


@dataclass(frozen=True, slots=True)
class Number:
    """A column of numbers; `by` is what one of them is multiplied by."""

    name: str
    least: float
    most: float
    by: float = 1.0
    may_be_blank: bool = True
    is_yes_or_no: bool = False


NUMBERS = (
    Number("ApplicantIncome", 0, 1e8, may_be_blank=False),  # a month's
    Number("CoapplicantIncome", 0, 1e8, may_be_blank=False),
    Number("LoanAmount", 1, 1e6, by=1000),  # in thousands
    Number("Loan_Amount_Term", 1, 600),  # months
    Number("Credit_History", 0, 1, is_yes_or_no=True),
)
HEADINGS = (ID, *(each.name for each in NUMBERS), *PROTECTED, *UNUSED, DECISION)


@dataclass(frozen=True)
class Applications:
    """N decided applications; NaN where a number was left blank. Incomes are of a month."""

    name: str
    sha256: str
    income: Any
    coapplicant_income: Any
    principal: Any
    months: Any
    has_credit_history: Any  # 1, 0 or NaN
    texts: Mapping[str, Any]  # by heading; no model that is used looks at them
    approved: Any

    def __len__(self) -> int:
        return len(self.approved)

    def where(self, rows: Any) -> "Applications":
        return Applications(
            self.name, self.sha256, self.income[rows], self.coapplicant_income[rows], self.principal[rows],
            self.months[rows], self.has_credit_history[rows],
            {name: texts[rows] for name, texts in self.texts.items()}, self.approved[rows],
        )  # fmt: skip

    @property
    def summary(self) -> str:
        blanks = {
            "amount": self.principal, "term": self.months, "credit history": self.has_credit_history,
        }  # fmt: skip
        counted = ", ".join(f"{name} {int(np.isnan(values).sum())}" for name, values in blanks.items())
        return (
            f"{self.name}: {len(self):,} applications, {int(self.approved.sum()):,} of them approved; "
            f"blank: {counted}."
        )


def read_applications(path: Path) -> Applications:
    """Raises ApplicationFileUnusable."""
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError as error:
        raise ApplicationFileUnusable(path, "this is no text in UTF-8.") from error
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise ApplicationFileUnusable(path, f"cannot be read ({error}).") from error
    _refuse_other_headings(path, text)
    if not rows:
        raise ApplicationFileUnusable(path, "there is no application in it.")
    _refuse_twice(path, rows)
    columns = {
        each.name: np.array([_number(path, line, row, each) for line, row in rows]) for each in NUMBERS
    }
    return Applications(
        name=path.name, sha256=hashlib.sha256(content).hexdigest(),
        income=columns["ApplicantIncome"], coapplicant_income=columns["CoapplicantIncome"],
        principal=columns["LoanAmount"], months=columns["Loan_Amount_Term"],
        has_credit_history=columns["Credit_History"],
        texts={
            name: np.array([_cell(path, line, row, name) or UNKNOWN for line, row in rows])
            for name in (*PROTECTED, *UNUSED)
        },
        approved=np.array([_decision(path, line, row) for line, row in rows]),
    )  # fmt: skip


def _refuse_other_headings(path: Path, text: str) -> None:
    found = next(csv.reader(text.splitlines()), [])
    missing = [name for name in HEADINGS if name not in found]
    if missing == [DECISION]:
        raise ApplicationFileUnusable(
            path, f"the heading {DECISION} is missing: these applications are not decided yet, and there is "
            "nothing to learn from.", line=1,
        )  # fmt: skip
    if missing:
        raise ApplicationFileUnusable(
            path, f"the heading{'s' * (len(missing) > 1)} {', '.join(missing)} "
            f"{'are' if len(missing) > 1 else 'is'} missing: this is no loan_data.csv as it was published.",
            line=1,
        )  # fmt: skip


def _refuse_twice(path: Path, rows: Sequence[Row]) -> None:
    """A row that was doubled to even out the decisions would be learnt from and measured on at once."""
    seen: dict[str, int] = {}
    for line, row in rows:
        name = _cell(path, line, row, ID)
        if not name:
            raise ApplicationFileUnusable(path, f"{ID} is blank.", line)
        if name in seen:
            raise ApplicationFileUnusable(
                path,
                f"{ID} {name} stands on line {seen[name]} already. Use the file as it was published.",
                line,
            )
        seen[name] = line


def _cell(path: Path, line: int, row: Mapping[str, Any], name: str) -> str:
    text = row[name]
    if text is None or None in row:
        raise ApplicationFileUnusable(path, "the line has not as many cells as there are headings.", line)
    return str(text).strip()


def _number(path: Path, line: int, row: Mapping[str, Any], column: Number) -> float:
    text = _cell(path, line, row, column.name)
    if not text:
        if column.may_be_blank:
            return math.nan
        raise ApplicationFileUnusable(path, f"{column.name} is blank.", line)
    try:
        number = float(text)
    except ValueError as error:
        raise ApplicationFileUnusable(path, f"{column.name} is {text}, which is no number.", line) from error
    if not column.least <= number <= column.most:
        raise ApplicationFileUnusable(
            path, f"{column.name} is {text}, and from {column.least:g} to {column.most:g} is possible.", line
        )
    if column.is_yes_or_no and number not in {0, 1}:
        raise ApplicationFileUnusable(path, f"{column.name} is {text}, and 0 or 1 is possible.", line)
    return number * column.by


def _decision(path: Path, line: int, row: Mapping[str, Any]) -> bool:
    text = _cell(path, line, row, DECISION)
    if text not in {"Y", "N"}:
        raise ApplicationFileUnusable(path, f"{DECISION} is {text or 'blank'}, and Y or N is possible.", line)
    return text == "Y"
