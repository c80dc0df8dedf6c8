"""What a history of purchases looked like at an instant.

The one place where characteristics are computed: for a shopper who asks, and for every customer and
cut date that a model is trained or measured on. Plain Python, as the first of these must be quick.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shop.selectors.purchases import Purchase

HORIZON_DAYS = 90  # what is predicted: an order within so many days
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Characteristic:
    """`sign` is the only direction in which it may move the score: a model that learnt the other
    direction would punish shoppers for what every shopper takes to be good.
    """

    name: str
    sign: int
    reason: str
    is_logarithmic: bool = True

    def scaled(self, value: float) -> float:
        """Counts, days and money in logarithms: the second order says more than the twentieth."""
        return math.log1p(value) if self.is_logarithmic else value


CHARACTERISTICS = (
    Characteristic("recency_days", -1, "long_since_last_order"),
    Characteristic("orders_30", 1, "few_recent_orders"),
    Characteristic("orders_90", 1, "few_recent_orders"),
    Characteristic("orders_180", 1, "few_recent_orders"),
    Characteristic("orders", 1, "few_orders"),
    Characteristic("value", 1, "little_spent"),
    Characteristic("average_value", 1, "small_orders"),
    Characteristic("tenure_days", 1, "new_customer"),
    Characteristic("typical_gap_days", -1, "orders_far_apart"),
    Characteristic("recency_over_gap", -1, "later_than_usual"),
    Characteristic("categories", 1, "few_categories"),
    Characteristic("undone_rate", -1, "often_undone", is_logarithmic=False),
)
BY_NAME = {each.name: each for each in CHARACTERISTICS}


def features(purchases: Sequence[Purchase], as_of: datetime, typical_order: Decimal) -> dict[str, float]:
    """The characteristics at `as_of`, by name; empty where no order had been paid and kept by then.

    Values are in typical orders, so that a currency cancels out. The typical gap is the mean gap with
    one of HORIZON_DAYS added, so that a single order has one, too.
    """
    known = [each for each in purchases if each.at <= as_of]
    kept = [each for each in known if not (each.undone_at and each.undone_at <= as_of)]
    if not kept:
        return {}
    ages = [(as_of - each.at).total_seconds() / DAY for each in kept]
    recency, tenure, orders = min(ages), max(ages), len(kept)
    value = float(sum((each.value for each in kept), Decimal(0)) / typical_order)
    gap = (tenure - recency + HORIZON_DAYS) / orders
    return {
        "recency_days": recency,
        "orders_30": float(sum(age <= 30 for age in ages)),
        "orders_90": float(sum(age <= 90 for age in ages)),
        "orders_180": float(sum(age <= 180 for age in ages)),
        "orders": float(orders),
        "value": value,
        "average_value": value / orders,
        "tenure_days": tenure,
        "typical_gap_days": gap,
        "recency_over_gap": recency / gap,
        "categories": float(len(frozenset().union(*(each.categories for each in kept)))),
        "undone_rate": 1 - orders / len(known),
    }
