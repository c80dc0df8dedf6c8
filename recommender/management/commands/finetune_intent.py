import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from recommender.chat.account import Account, chat_account, tuning_price
from recommender.chat.examples import Examples, examples_in
from recommender.chat.exceptions import ChatError
from recommender.chat.finetuning import PASSES, TeachingCost, Watch, forget_tuned_models, tune
from recommender.chat.reading import common_labels
from recommender.chat.server import Server
from recommender.management.arguments import amount


class Command(BaseCommand):
    help = (
        "Teach a chat model to read wishes by examples, and have it read them from then on. May be killed: "
        "run again it finds its job and goes on. Says what it will cost before anything is sent."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument(
            "--file", type=Path, metavar="JSONL",
            help='{"sentence": …, "wish": {"about", "wanted", "unwanted", "without", "diets", "at_most", '
            '"at_least"}} a line, or a chat as the server takes it',
        )  # fmt: skip
        what.add_argument(
            "--forget", action="store_true", help="go back to the model that OPENAI_CHAT_MODEL names"
        )
        parser.add_argument("--model", default="", help="the model to teach (OPENAI_CHAT_MODEL)")
        parser.add_argument(
            "--max-cost", type=amount, metavar="X",
            help="send nothing if it could cost more than X, in the currency of the price (no limit)",
        )  # fmt: skip

    def handle(
        self, *args: Any, file: Path | None, model: str, max_cost: Decimal | None = None, **options: Any
    ) -> None:
        if file is None:
            forgotten = forget_tuned_models()
            self.stdout.write(
                "Wishes are read by the model that OPENAI_CHAT_MODEL names again."
                if forgotten
                else "No taught model was in use."
            )
            return
        try:
            account = chat_account(model)
            examples = examples_in(file, common_labels())

            def agree() -> None:
                cost = TeachingCost.of(examples, tuning_price())
                self.stdout.write(plan(examples, account, cost))
                if max_cost is not None:
                    cost.refuse_above(max_cost)

            with bar() as watch:
                tuning = tune(account, examples, Server(account.base_url, account.api_key), watch, agree)
        except ChatError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{tuning.model} is taught by {tuning.trained_tokens:,} tokens. It reads wishes where "
            "INTENT_READER=chat; set OPENAI_CHAT_PRICE to what it costs."
        )


def plan(examples: Examples, account: Account, cost: TeachingCost) -> str:
    return (
        f"{examples.count:,} examples, about {examples.tokens:,} tokens in each of {PASSES} passes: "
        f"to teach {account.model} costs about {cost.about:.4f}, at most {cost.at_most:.4f}."
    )


@contextmanager
def bar() -> Iterator[Watch]:
    with tqdm(desc="waiting", unit="step", file=sys.stderr, leave=False) as progress:

        def watch(status: str, done: int, total: int) -> None:
            progress.set_description(status)
            if total:
                progress.total, progress.n = total, done
            progress.refresh()

        yield watch
