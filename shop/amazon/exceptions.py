from pathlib import Path

from shop.exceptions import ShopError


class AmazonFileUnusable(ShopError):
    """Nothing can be imported from this file; the message says why and what to do."""


class AmazonFileDamaged(ShopError):
    """A compressed file that stops being readable after `last_line` whole lines."""

    def __init__(self, path: Path, last_line: int, damage: str) -> None:
        super().__init__(
            f"{path} {damage} after line {last_line:,}. Fetch the file again and rerun the command."
        )
        self.path, self.last_line = path, last_line
