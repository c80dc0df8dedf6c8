"""What a shop says of its items: which go with which, and where each stands."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recommender.evaluation.interactions import InteractionsUnreadable, read_table

COLUMNS = ("item_id", "r_complement", "r_substitute")


def read_item_meta(path: Path, item_ids: pd.Index) -> tuple[Any, Any]:
    """Links and categories (None without the column i_category). Raises InteractionsUnreadable."""
    table = read_table(path, COLUMNS)
    places = {str(item): place for place, item in enumerate(item_ids)}
    if not table["item_id"].isin(list(places)).any():
        raise InteractionsUnreadable(f"{path} names none of the items that somebody took.")
    return links_in(table, places, path), categories_in(table, places)


def links_in(table: pd.DataFrame, places: dict[str, int], path: Path) -> Any:
    """(items, items), sparse: one where the row's item lists the column's as complement or substitute."""
    rows, columns = [], []
    listed = zip(table["item_id"], table["r_complement"], table["r_substitute"], strict=True)
    for line, (item, *texts) in enumerate(listed, start=2):
        linked = {other for text in texts for other in linked_in(text, f"{path}, line {line}")}
        known = [places[other] for other in linked if other in places]
        if item in places:
            rows += [places[item]] * len(known)
            columns += known
    ones = np.ones(len(rows), np.float32)
    return csr_matrix((ones, (rows, columns)), shape=(len(places), len(places)))


def categories_in(table: pd.DataFrame, places: dict[str, int]) -> Any:
    """(items, categories), sparse: one where the item stands; those that the file does not name, in one."""
    if "i_category" not in table:
        return None
    named = dict(zip(table["item_id"], table["i_category"], strict=True))
    numbers, names = pd.factorize(pd.Series([named.get(item, "") for item in places]))
    ones, rows = np.ones(len(numbers), np.float32), np.arange(len(numbers))
    return csr_matrix((ones, (rows, numbers)), shape=(len(numbers), len(names)))


def linked_in(text: str, where: str) -> list[str]:
    """Ids of a JSON list; an empty text is an empty list."""
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise InteractionsUnreadable(f"{where}: {text[:80]!r} is not a list of item ids such as [214, 4125].")
    return [str(other) for other in found]
