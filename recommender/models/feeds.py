"""How far the shop has been read."""

from django.db import models

from shop.selectors.feed import FeedPosition


class FeedCursor(models.Model):
    """How far a feed of the shop has been read. Moves in the transaction that stores what was read."""

    feed = models.CharField(max_length=32, primary_key=True)
    changed_at = models.DateTimeField()
    row_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.feed} up to {self.changed_at:%Y-%m-%d %H:%M:%S}"

    @property
    def position(self) -> FeedPosition:
        return FeedPosition(self.changed_at, self.row_id)
