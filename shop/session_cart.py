"""The cart in the session: all there is of a guest's, and a customer's in brief.

Pages show a count and steppers from it without asking the database. Another device's changes appear in
a customer's when a page that reads the cart itself writes it anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.sessions.backends.base import SessionBase

KEY = "cart"


@dataclass(frozen=True, slots=True)
class Wanted:
    quantity: int
    price_seen: Decimal


def read(session: SessionBase) -> dict[int, Wanted]:
    """By product id."""
    return {
        int(product_id): Wanted(quantity, Decimal(price))
        for product_id, (quantity, price) in session.get(KEY, {}).items()
    }


def write(session: SessionBase, lines: Mapping[int, Wanted]) -> None:
    kept = {
        str(product_id): [line.quantity, str(line.price_seen)] for product_id, line in sorted(lines.items())
    }
    if kept != session.get(KEY, {}):
        session[KEY] = kept


def quantity_of(session: SessionBase, product_id: int) -> int:
    quantity: int = session.get(KEY, {}).get(str(product_id), (0, ""))[0]
    return quantity


def count(session: SessionBase) -> int:
    """Pieces in all."""
    return sum(quantity for quantity, _ in session.get(KEY, {}).values())


def put(session: SessionBase, product_id: int, line: Wanted | None) -> None:
    """Set a line, or take it out with None."""
    lines = read(session)
    lines.pop(product_id, None)
    if line:
        lines[product_id] = line
    write(session, lines)
