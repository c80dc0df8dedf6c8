"""Reading who took what when, and holding the last of each user back."""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd

from recommender.behaviour import Integers, Interactions
from recommender.exceptions import RecommenderError

COLUMNS = ("user_id", "item_id", "time")
LEAST = 3  # events of a user: one to learn from, one to choose settings by, one to be measured on
DAY = 86_400


class InteractionsUnreadable(RecommenderError):
    """The file is not a table of interactions; the sentence says where and why."""


@dataclass(frozen=True, slots=True)
class Split:
    """What may be learnt from, and of some users the one item that came next."""

    known: Interactions
    users: Integers
    targets: Integers


@dataclass(frozen=True, slots=True)
class History:
    """All events, sorted. `tied_users` have more than one event at their last moment."""

    events: Interactions
    tied_users: int
    repeated: int = 0  # events of a user with an item that they had
    left_out: int = 0  # users with fewer than LEAST items

    def split(self, held_back: int) -> Split:
        """Without the last `held_back` of each user, to be measured on the first of these."""
        users = self.events.users
        from_end = np.searchsorted(users, users, side="right") - np.arange(len(users))  # 1: the last
        targets = from_end == held_back
        return Split(self._where(from_end > held_back), users[targets], self.events.items[targets])

    def _where(self, chosen: "np.typing.NDArray[np.bool_]") -> Interactions:
        events = self.events
        return Interactions(
            events.users[chosen],
            events.items[chosen],
            events.days[chosen],
            events.user_count,
            events.item_count,
        )


def read_interactions(path: Path) -> tuple[History, pd.Index]:
    """The history, and the item ids by number. Repeated events of one user and item count once, the earliest.

    Events of one moment are put in an order that nobody could have foreseen, by a hash of the item: the
    file's own order may tell the ids. Users with fewer than LEAST items are left out.
    """
    told = _table(path)
    table = told.sort_values("time", kind="stable").drop_duplicates(["user_id", "item_id"])
    repeated, all_users = len(told) - len(table), table["user_id"].nunique()
    table = table[table.groupby("user_id")["item_id"].transform("size") >= LEAST]
    if table.empty:
        raise InteractionsUnreadable(
            f"{path} has no user with {LEAST} items or more: nothing can be measured."
        )
    table["tie"] = [crc32(str(item).encode()) for item in table["item_id"]]
    table = table.sort_values(["user_id", "time", "tie", "item_id"], kind="stable")
    users, user_ids = pd.factorize(table["user_id"])
    items, item_ids = pd.factorize(table["item_id"], sort=True)
    days = (table["time"] // DAY).to_numpy()
    events = Interactions(users, items, days, len(user_ids), len(item_ids))
    last = table.groupby("user_id")["time"].transform("max")
    tied = int((table[table["time"] == last].groupby("user_id").size() > 1).sum())
    return History(events, tied, repeated, all_users - len(user_ids)), item_ids


def _table(path: Path) -> pd.DataFrame:
    table = read_table(path, COLUMNS)
    for sentence in _faults(table):
        raise InteractionsUnreadable(f"{path}, {sentence}")
    table["time"] = table["time"].astype("int64")
    return table[list(COLUMNS)]


def read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """A table of texts that has these columns. Raises InteractionsUnreadable.

    A quotation mark is a character like any other, and a line with more or fewer columns than the heading is
    refused: else what is missing would be made up from its neighbours.
    """
    try:
        _refuse_a_ragged_one(path)
        table = pd.read_csv(
            path, sep="\t", dtype=str, keep_default_na=False, skip_blank_lines=False, encoding="utf-8-sig",
            index_col=False, quoting=csv.QUOTE_NONE,
        )  # fmt: skip
    except UnicodeDecodeError as error:
        raise InteractionsUnreadable(f"{path} is not UTF-8: store it as UTF-8.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InteractionsUnreadable(f"{path} is cut short or damaged: {error}.") from error
    except OSError as error:
        raise InteractionsUnreadable(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise InteractionsUnreadable(f"{path} cannot be read as a tab-separated table: {error}.") from error
    if missing := [name for name in columns if name not in table]:
        raise InteractionsUnreadable(
            f"{path} has no column {', '.join(missing)}: its first line must name {', '.join(columns)}, "
            "tab-separated."
        )
    return table


def _refuse_a_ragged_one(path: Path) -> None:
    """Of the first line that is; but where the file breaks off later, it is that which is said."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig") as lines:
        heading = next(lines, "").count("\t") + 1
        widths = ((number, line.count("\t") + 1) for number, line in enumerate(lines, 2) if line.strip("\n"))
        ragged = [(number, found) for number, found in widths if found != heading]
    for number, found in ragged:
        raise InteractionsUnreadable(
            f"{path}, line {number}: it has {found} columns, and the heading names {heading}."
        )


def _faults(table: pd.DataFrame) -> Iterator[str]:
    """Lines are counted as an editor does, the heading being the first."""
    for name in ("user_id", "item_id"):
        for row in np.flatnonzero(table[name].str.strip() == ""):
            yield f"line {row + 2}: {name} is empty."
        for row in np.flatnonzero(table[name].str.fullmatch(r"\d+(\.\d+)?[eE]\+\d+")):
            yield f"line {row + 2}: {name} is {table[name][row]}, an id that a spreadsheet has rounded."
    for row in np.flatnonzero(~table["time"].str.fullmatch(r"-?\d{1,12}")):
        told = table["time"][row]
        hint = " It may be milliseconds: divide by 1,000." if re.fullmatch(r"\d{13}", told) else ""
        yield f"line {row + 2}: time is {told!r}, not whole seconds since 1970.{hint}"
