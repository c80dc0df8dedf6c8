"""Reading who took what when, and holding the last of each user back."""

import gzip
from collections.abc import Iterator
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
    table = _table(path).sort_values("time", kind="stable").drop_duplicates(["user_id", "item_id"])
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
    return History(events, tied), item_ids


def _table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, skip_blank_lines=False)
    except (OSError, EOFError, gzip.BadGzipFile, UnicodeDecodeError, ValueError) as error:
        raise InteractionsUnreadable(f"{path} cannot be read as a tab-separated table: {error}") from error
    if missing := [name for name in COLUMNS if name not in table]:
        raise InteractionsUnreadable(
            f"{path} has no column {', '.join(missing)}: its first line must name {', '.join(COLUMNS)}, "
            "tab-separated."
        )
    for sentence in _faults(table):
        raise InteractionsUnreadable(f"{path}, {sentence}")
    table["time"] = table["time"].astype("int64")
    return table[list(COLUMNS)]


def _faults(table: pd.DataFrame) -> Iterator[str]:
    """Lines are counted as an editor does, the heading being the first."""
    for name in ("user_id", "item_id"):
        for row in np.flatnonzero(table[name].str.strip() == ""):
            yield f"line {row + 2}: {name} is empty."
        for row in np.flatnonzero(table[name].str.fullmatch(r"\d+(\.\d+)?[eE]\+\d+")):
            yield f"line {row + 2}: {name} is {table[name][row]}, an id that a spreadsheet has rounded."
    for row in np.flatnonzero(~table["time"].str.fullmatch(r"-?\d{1,12}")):
        yield f"line {row + 2}: time is {table['time'][row]!r}, not whole seconds since 1970."
