import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommender.chat.account import Price
from recommender.chat.embedder import LONG, ServedEmbedder
from recommender.chat.protocol import Usage
from recommender.chat.spending import left_this_month
from recommender.embedders import embedder_wanted
from recommender.exceptions import RecommenderError
from recommender.management.bars import bar
from recommender.rebuilding import Rebuilt, rebuild, tokens_to_read


class Command(BaseCommand):
    help = (
        "Change over to the embedder that EMBEDDER names. Pages are answered by the old one's vectors until "
        "all new ones are there. May be stopped at any moment; run again, it goes on where it was."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            embedder = embedder_wanted(seconds=LONG)

            def announce() -> None:
                if isinstance(embedder, ServedEmbedder):
                    self.stdout.write(plan(embedder.account.price))

            rebuilt = rebuild(embedder=embedder, watch=bar, announce=announce)
        except RecommenderError as error:
            raise CommandError(f"{error} What was done before that stays.") from error
        self.stdout.write(summary(rebuilt, time.monotonic() - started))


def plan(price: Price) -> str:
    tokens = tokens_to_read()
    return (
        f"To read about {tokens:,} tokens costs about {price.of(Usage(tokens)):.4f}; of this month's "
        f"OPENAI_MONTHLY_BUDGET {left_this_month():.4f} is left, and no more is spent."
    )


def summary(rebuilt: Rebuilt, seconds: float) -> str:
    if not rebuilt:
        return f"The vectors are by {rebuilt.after} already."
    said = (
        f"{rebuilt.labels} labels and {rebuilt.products} products embedded by {rebuilt.after} in place of "
        f"{rebuilt.before or 'nothing'} in {seconds:.1f} s."
    )
    if rebuilt.labels_kept or rebuilt.products_kept:
        said += f" {rebuilt.labels_kept} and {rebuilt.products_kept} were there from a run that was stopped."
    return said
