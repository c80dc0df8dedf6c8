import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from recommender.behaviour import Floats
from recommender.evaluation.interactions import LEAST, History, InteractionsUnreadable, read_interactions
from recommender.evaluation.item_meta import read_item_meta
from recommender.evaluation.measures import gain, interval
from recommender.evaluation.models import (
    ALONE,
    BLENDED,
    Model,
    Setting,
    ablations,
    as_served,
    evidence_of,
    ours,
    peers,
    with_categories,
    with_links,
)
from recommender.evaluation.trial import COVERED, Course, Result, Step, text_of
from recommender.outputs import OutputUnusable, refuse_output, write_json

PEERS = 7  # with those of `implicit`
QUARTERS = 4


class Command(BaseCommand):
    help = (
        "Measure how well each user's last item is foreseen from those before it, beside popularity, "
        "ItemKNN, EASE and, where `implicit` is installed (pip install -e '.[peers]'), ALS and BPR. "
        "All items that a user does not have are ranked; settings are chosen on the last but one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--interactions", type=Path, required=True, help="TSV of user_id, item_id, time (.gz too)"
        )
        parser.add_argument(
            "--item-meta",
            type=Path,
            help="TSV of item_id, r_complement, r_substitute, and i_category: adds a row with each",
        )
        parser.add_argument("--k", type=int, default=4, help="how many are shown (4)")
        parser.add_argument("--json", type=Path, help="file for the figures, by model")

    def handle(self, *args: Any, interactions: Path, item_meta: Path | None, k: int, json: Path | None,
               **options: Any) -> None:  # fmt: skip
        if k < 1:
            raise CommandError(f"--k is {k}: at least one product has to be shown.")
        started = time.monotonic()
        try:
            if json:
                refuse_output(json, interactions, *filter(None, [item_meta]))
            history, item_ids = read_interactions(interactions)
            links, categories = read_item_meta(item_meta, item_ids) if item_meta else (None, None)
        except (InteractionsUnreadable, OutputUnusable) as error:
            raise CommandError(str(error)) from error
        if k > len(item_ids):
            raise CommandError(f"--k is {k}, and there are {len(item_ids)} items: all would be shown.")
        self._say(said_of(history), "", *heading(k))
        with bar(steps(links, categories)) as step:
            course = Course(history.split(2), history.split(1), k, step)
            [own] = self._measured(course, [ours()], covers=True)
            others = self._measured(course, peers())
            variants = self._measured(course, variants_of(own.setting, links, categories))
        self._say(*report(own, others, k))
        if categories is not None:
            known = evidence_of(course.test.known, own.setting)[course.test.users]
            self._say(*by_evidence(variants, known, k))
        if json:
            write_json(json, figures([own, *others, *variants], k))
        self._say(f"{time.monotonic() - started:.0f} s on {os.cpu_count()} cores.")

    def _measured(self, course: Course, models: Iterable[Model], *, covers: bool = False) -> list[Result]:
        """Each one's line is printed at once: whoever stops the rest has it."""
        results = []
        for model in models:
            results.append(course.run(model, covers=covers))
            self._say(line_of(results[-1]))
        return results

    def _say(self, *lines: str) -> None:
        with tqdm.external_write_mode(sys.stdout):
            self.stdout.write("\n".join(lines))
            self.stdout.flush()


def steps(links: Any, categories: Any) -> int:
    first = ours()
    return sum(
        model.steps for model in (first, *peers(), *variants_of(first.first_setting, links, categories))
    )


@contextmanager
def bar(total: int) -> Iterator[Step]:
    with tqdm(desc="Models", total=total, file=sys.stderr, leave=False) as progress:

        @contextmanager
        def step(what: str) -> Iterator[None]:
            progress.set_postfix_str(what)
            yield
            progress.update()

        yield step


def variants_of(setting: Setting, links: Any, categories: Any) -> Iterator[Model]:
    yield from ablations(setting)
    yield from as_served(setting)
    if categories is not None:
        yield with_categories(categories, setting)
    if links is not None:
        yield with_links(links, setting)


def said_of(history: History) -> str:
    events = history.events
    left_out = [
        f"{count} {what}"
        for count, what in (
            (history.repeated, "events that repeat an earlier one"),
            (history.left_out, f"users with fewer than {LEAST} items"),
        )
        if count
    ]
    return (
        f"{len(events.users)} interactions of {events.user_count} users with {events.item_count} items; "
        f"{history.tied_users} users ({history.tied_users / events.user_count:.1%}) have several at "
        "their last moment, which are put in the order of a hash of the item."
    ) + (f" Left out: {' and '.join(left_out)}." if left_out else "")


def heading(k: int) -> Iterator[str]:
    yield f"| model | HR@{k} | NDCG@{k} | coverage@{k} | settings, chosen of | learning |"
    yield "| --- | ---: | ---: | ---: | --- | ---: |"


def report(own: Result, others: Sequence[Result], k: int) -> Iterator[str]:
    if len(others) < PEERS:
        yield "| ALS, BPR | not measured: pip install -e '.[peers]' | | | | |"
    yield ""
    if own.tried:
        yield f"- {choice_of(own)}"
    best = max(others, key=lambda one: one.measured.ndcg)
    for name, mine, theirs in (
        (f"HR@{k}", own.measured.hits, best.measured.hits),
        (f"NDCG@{k}", own.measured.gains, best.measured.gains),
    ):
        if (gained := gain(mine, theirs)) is None:
            yield f"- {name}: not compared with {best.name}, which hit too few or none."
            continue
        more, low, high = gained
        yield f"- {name}: {more:+.1%} ({low:+.1%} to {high:+.1%}) over {best.name}."


def by_evidence(variants: Sequence[Result], evidence: Floats, k: int) -> Iterator[str]:
    """The blend beside behaviour alone, for a quarter of the users at a time.

    `evidence` (users,): how many events of others stand behind what each has.
    """
    hits = {one.name: one.measured.hits for one in variants}
    alone, blended = hits[ALONE], hits[BLENDED]
    yield ""
    yield f"| events behind what a user has | users | HR@{k}, behaviour alone | blended | difference |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for quarter in np.array_split(np.argsort(evidence, kind="stable"), QUARTERS):
        if not len(quarter):  # of fewer users than quarters
            continue
        difference = blended[quarter] - alone[quarter]
        low, high = interval(difference)
        yield (
            f"| {evidence[quarter].min():.0f} to {evidence[quarter].max():.0f} | {len(quarter)} "
            f"| {alone[quarter].mean():.4f} | {blended[quarter].mean():.4f} "
            f"| {difference.mean():+.4f} ({low:+.4f} to {high:+.4f}) |"
        )


def choice_of(own: Result) -> str:
    """By what the settings of ours were chosen, on the validation split."""
    here = next(one.measured for one in own.tried if one.setting == own.setting)
    whom = "those that showed" if own.is_wide else "all, since none showed"
    return (
        f"The settings of {own.name} were the best on validation among {whom} {COVERED:.0%} of the items: "
        f"NDCG {here.ndcg:.4f}, coverage {here.coverage:.3f}."
    )


def line_of(result: Result) -> str:
    low, high = interval(result.measured.hits)
    hit_rate = f"{result.measured.hit_rate:.4f} ({low:.4f}–{high:.4f})"
    low, high = interval(result.measured.gains)
    ndcg = f"{result.measured.ndcg:.4f} ({low:.4f}–{high:.4f})"
    chosen = f"{text_of(result.setting)}; {max(len(result.tried), 1)}"
    coverage = f"{result.measured.coverage:.3f}"
    return (
        f"| {result.name} | {hit_rate} | {ndcg} | {coverage} | {chosen} | {result.seconds_to_learn:.1f} s |"
    )


def figures(results: Sequence[Result], k: int) -> dict[str, Any]:
    return {
        result.name: {
            f"HR@{k}": result.measured.hit_rate,
            f"HR@{k} 95%": interval(result.measured.hits),
            f"NDCG@{k}": result.measured.ndcg,
            f"NDCG@{k} 95%": interval(result.measured.gains),
            f"coverage@{k}": result.measured.coverage,
            "settings": dict(result.setting),
            "seconds to learn": result.seconds_to_learn,
        }
        for result in results
    }
