"""Customers at cut dates: what was known of them, and whether they ordered in the 90 days after."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from loans.purchases import PurchaseHistory
from loans.scoring.features import CHARACTERISTICS, HORIZON_DAYS, features
from shop.selectors.purchases import Purchase

HORIZON = timedelta(days=HORIZON_DAYS)
STEP = timedelta(days=30)
MOST_CUTS = 12  # a year of months: each season counts once
NAMES = tuple(each.name for each in CHARACTERISTICS)


@dataclass(frozen=True)
class Cohort:
    """N rows, each a customer at a cut date. `values` is (N, characteristics), as `features` gives them."""

    customers: Any
    values: Any
    ordered_again: Any

    def __len__(self) -> int:
        return len(self.customers)

    def where(self, mask: Any) -> "Cohort":
        return Cohort(self.customers[mask], self.values[mask], self.ordered_again[mask])

    def column(self, name: str) -> Any:
        return self.values[:, NAMES.index(name)]


def training_cuts(first: datetime, until: datetime) -> list[datetime]:
    """Latest first, a month apart: each has a horizon of history behind it and one of outcomes ahead."""
    cuts = [until - HORIZON - number * STEP for number in range(MOST_CUTS)]
    return [cut for cut in cuts if cut - first >= HORIZON]


def cohort(
    history: PurchaseHistory,
    cuts: Sequence[datetime],
    typical_order: Decimal,
    is_wanted: Callable[[str], bool] = lambda _: True,
    tick: Callable[[], object] = lambda: None,
) -> Cohort:
    customers, values, outcomes = [], [], []
    for customer, purchases in history.each():
        tick()
        if not is_wanted(customer):
            continue
        for cut in cuts:
            known = features(purchases, cut, typical_order)
            if known:
                customers.append(customer)
                values.append([known[name] for name in NAMES])
                outcomes.append(_orders_again(purchases, cut))
    table = np.asarray(values, dtype=float).reshape(len(values), len(NAMES))
    return Cohort(np.asarray(customers, dtype=object), table, np.asarray(outcomes, dtype=bool))


def share_of(customer: str) -> int:
    """0 to 9, by the customer's id alone: the same in every run, whoever else is in the file."""
    return zlib.crc32(customer.encode()) % 10


def _orders_again(purchases: Sequence[Purchase], cut: datetime) -> bool:
    """A cancellation that names no order is none; an order that was undone later was one."""
    return any(cut < each.at <= cut + HORIZON and each.undone_at != each.at for each in purchases)
