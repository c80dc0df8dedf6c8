"""Columns of an SVG that a page draws by itself. A table beside it says the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 640, 240
ABOVE, BELOW = 24, 28  # room for a number above a column, and for its name below
SHARE = 0.64  # of its place that a column fills


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    number: str
    url: str
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)

    @property
    def number_y(self) -> float:
        return round(self.y - 6, 1)


@dataclass(frozen=True, slots=True)
class Chart:
    columns: Sequence[Column]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def base(self) -> int:
        return HEIGHT - BELOW

    @property
    def name_y(self) -> int:
        return HEIGHT - 8


def chart_of(values: Iterable[tuple[str, Decimal, str]]) -> Chart:
    """Of names, amounts and addresses. Above a column stands its amount in whole yuan, if any."""
    rows = list(values)
    most = max((amount for _, amount, _ in rows), default=Decimal(0)) or Decimal(1)
    place = WIDTH / max(1, len(rows))
    room = HEIGHT - ABOVE - BELOW
    columns = []
    for number, (name, amount, url) in enumerate(rows):
        height = round(float(amount / most) * room, 1)
        columns.append(
            Column(
                name=name, number=f"{amount:.0f}" if amount else "", url=url,
                x=round(number * place + place * (1 - SHARE) / 2, 1), y=round(HEIGHT - BELOW - height, 1),
                width=round(place * SHARE, 1), height=height,
            )
        )  # fmt: skip
    return Chart(columns)
