import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommender import services
from recommender.exceptions import RecommenderError
from recommender.management.bars import bar
from recommender.services import CaughtUp


class Command(BaseCommand):
    help = (
        "Bring tags and vectors up to date with the shop: ingest, label, cluster, embed, publish. "
        "May be stopped at any moment; run again, it goes on where it was."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            done = services.catch_up(watch=bar)
        except RecommenderError as error:
            raise CommandError(f"{error} What was done before that stays.") from error
        self.stdout.write(summary(done, time.monotonic() - started))


def summary(done: CaughtUp, seconds: float) -> str:
    if done.is_elsewhere:
        return "Another process is catching up with the shop already; this one has nothing to do."
    refreshed = done.refreshed
    if not (done.ingested or done.labelled or refreshed.products):
        return "The recommender is up to date with the shop."
    return (
        f"Caught up in {seconds:.1f} s: "
        f"{done.ingested.products} products and {done.ingested.reviews} reviews ingested, "
        f"{done.labelled} reviews labelled, "
        f"{refreshed.products} products published with {refreshed.tags} tags "
        f"(clustering {refreshed.clustering:.1f} s, embedding {refreshed.embedding:.1f} s, "
        f"publishing {refreshed.publishing:.1f} s)."
    )
