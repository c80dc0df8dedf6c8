import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from recommender.chat.account import Account, batch_account, chat_account
from recommender.chat.batch import ask_in_batches
from recommender.chat.exceptions import ChatError
from recommender.chat.journal import open_journal
from recommender.chat.labelling import Advance, Estimate, Outcome, Run, askings_of, write_labels
from recommender.chat.live import ask_all
from recommender.chat.pairs import ReviewPair, pairs_in
from recommender.chat.server import Server
from recommender.management.arguments import amount, whole
from recommender.outputs import OutputUnusable, refuse_output
from shop.exceptions import ShopError


class Command(BaseCommand):
    help = (
        "Ask a chat model for the two labels of pairs of a product's reviews, as `train_seq2label --pairs` "
        "reads them. May be killed at any moment: run again it goes on, and pays for no answer twice. What "
        "is answered is kept in FILE.journal beside the output."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--reviews", type=Path, required=True, metavar="FILE",
            help="Amazon Review Data (2014, 2018, 2023), gzip or plain, one JSON object a line",
        )  # fmt: skip
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the labels go")
        parser.add_argument("--provider", choices=["openai"], default="openai", help="who is asked (openai)")
        parser.add_argument("--model", default="", help="a chat model other than OPENAI_CHAT_MODEL")
        parser.add_argument(
            "--limit", type=whole, metavar="N",
            help="no more than N pairs; a larger N takes the same ones and more (all)",
        )  # fmt: skip
        parser.add_argument(
            "--max-cost", type=amount, metavar="X",
            help="stop before more than X could be spent, in the currency of the prices (the month's budget)",
        )  # fmt: skip
        parser.add_argument(
            "--concurrency",
            type=whole,
            default=8,
            metavar="N",
            help="questions asked at a time (%(default)s)",
        )
        parser.add_argument(
            "--batch", action="store_true", help="by the Batch API: within a day, for OPENAI_BATCH_PRICE"
        )
        parser.add_argument(
            "--batch-size", type=whole, default=5000, metavar="N", help="questions in a batch (%(default)s)"
        )

    def handle(self, *args: Any, reviews: Path, out: Path, **options: Any) -> None:
        started = time.monotonic()
        try:
            refuse_output(out, reviews)
            account = (batch_account if options["batch"] else chat_account)(options["model"])
            pairs = pairs_in(reviews, options["limit"])
            if not pairs:
                raise CommandError(f"{reviews} holds no two reviews of one product that can be labelled.")
            outcome = self._labelled(account, pairs, out, options)
        except (ChatError, ShopError, OutputUnusable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(summary(outcome, out, time.monotonic() - started))

    def _labelled(
        self, account: Account, pairs: list[ReviewPair], out: Path, options: dict[str, Any]
    ) -> Outcome:
        with open_journal(out.with_name(f"{out.name}.journal")) as journal:
            run = Run(account, askings_of(pairs, account.model), journal, options["max_cost"])
            estimate = Estimate.of(run)
            self.stdout.write(plan(run, estimate))
            run.refuse_if_too_dear(estimate)
            try:
                with bar(len(run.askings), len(run.askings) - len(run.pending)) as advance:
                    ask(run, advance, options)
            except ChatError as error:
                left = len(run.pending)
                raise CommandError(
                    f"{error} {len(run.askings) - left} of {len(run.askings)} pairs are answered and kept in "
                    f"{journal.path}; run again to go on."
                ) from error
            return write_labels(run, out)


def ask(run: Run, advance: Advance, options: dict[str, Any]) -> None:
    server = Server(run.account.base_url, run.account.api_key)
    if options["batch"]:
        ask_in_batches(run, server, size=options["batch_size"], advance=advance)
    else:
        ask_all(run, server, concurrency=options["concurrency"], advance=advance)


@contextmanager
def bar(total: int, done: int) -> Iterator[Advance]:
    with tqdm(
        desc="Pairs answered", total=total, initial=done, unit="pair", file=sys.stderr, leave=False
    ) as progress:
        yield progress.update


def plan(run: Run, estimate: Estimate) -> str:
    pending = len(run.pending)
    products = len({asking.pair.asin for asking in run.askings})
    said = f"{len(run.askings):,} pairs of {products:,} products"
    if pending < len(run.askings):
        said += f", {len(run.askings) - pending:,} of them answered already for {run.spent:.4f}"
    return (
        f"{said}. To ask {run.account.model}: {pending:,}, which is about {estimate.usage.read:,} tokens to "
        f"read and {estimate.usage.written:,} to write, and costs about {estimate.cost:.4f}, at most "
        f"{estimate.most:.4f}."
    )


def summary(outcome: Outcome, out: Path, seconds: float) -> str:
    lines = [f"{outcome.written:,} labelled pairs in {out}, for {outcome.spent:.4f}, in {seconds:.0f} s."]
    if outcome.refused:
        lines.append(f"{outcome.refused.total():,} answers break the guide and are left out:")
        lines += [f"  {count:,}: {problem}" for problem, count in outcome.refused.most_common()]
    return "\n".join(lines)
