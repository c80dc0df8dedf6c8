import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from django.core.management.base import BaseCommand, CommandError, CommandParser
from scipy.sparse import csr_matrix
from tqdm import tqdm

from recommender.behaviour import Floats
from recommender.evaluation.interactions import InteractionsUnreadable, read_interactions
from recommender.evaluation.measures import gain, interval
from recommender.evaluation.models import (
    ALONE,
    BLENDED,
    Model,
    ablations,
    as_served,
    evidence_of,
    ours,
    peers,
    with_categories,
    with_links,
)
from recommender.evaluation.trial import COVERED, Course, Result, text_of

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
        if json and not json.parent.is_dir():
            raise CommandError(f"There is no folder {json.parent} for --json: make it first.")
        started = time.monotonic()
        try:
            history, item_ids = read_interactions(interactions)
            links = read_links(item_meta, item_ids) if item_meta else None
            categories = read_categories(item_meta, item_ids) if item_meta else None
        except InteractionsUnreadable as error:
            raise CommandError(str(error)) from error
        events = history.events
        self.stdout.write(
            f"{len(events.users)} interactions of {events.user_count} users with {events.item_count} items; "
            f"{history.tied_users} users ({history.tied_users / events.user_count:.1%}) have several at "
            "their last moment, which are put in the order of a hash of the item."
        )
        with tqdm(desc="Settings", file=sys.stderr, leave=False) as bar:

            def watch(done: str) -> None:
                bar.set_postfix_str(done)
                bar.update()

            course = Course(history.split(2), history.split(1), k, watch)
            own = course.run(ours(), covers=True)
            others = [course.run(model) for model in peers()]
            variants = [course.run(model) for model in variants_of(own, links, categories)]
        self.stdout.write("\n".join(report(own, others, variants, k)))
        if categories is not None:
            known = evidence_of(course.test.known, own.setting)[course.test.users]
            self.stdout.write("\n".join(by_evidence(variants, known, k)))
        if json:
            write_json(json, [own, *others, *variants], k)
        self.stdout.write(f"{time.monotonic() - started:.0f} s on {os.cpu_count()} cores.")


def variants_of(own: Result, links: Any, categories: Any) -> Iterator[Model]:
    yield from ablations(own.setting)
    yield from as_served(own.setting)
    if categories is not None:
        yield with_categories(categories, own.setting)
    if links is not None:
        yield with_links(links, own.setting)


def read_links(path: Path, item_ids: pd.Index) -> Any:
    """(items, items), sparse: one where the row's item lists the column's as complement or substitute."""
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, skip_blank_lines=False)
        rows, columns = [], []
        places = {str(item): place for place, item in enumerate(item_ids)}
        listed = zip(table["item_id"], table["r_complement"], table["r_substitute"], strict=True)
        for line, (item, *texts) in enumerate(listed, start=2):
            linked = {other for text in texts for other in linked_in(text, f"{path}, line {line}")}
            known = [places[other] for other in linked if other in places]
            if item in places:
                rows += [places[item]] * len(known)
                columns += known
    except KeyError as error:
        raise InteractionsUnreadable(f"{path} has no column {error}.") from error
    except (OSError, ValueError) as error:
        raise InteractionsUnreadable(f"{path} cannot be read as a table of linked items: {error}") from error
    ones = np.ones(len(rows), np.float32)
    return csr_matrix((ones, (rows, columns)), shape=(len(item_ids), len(item_ids)))


def read_categories(path: Path, item_ids: pd.Index) -> Any:
    """(items, categories), sparse: one where the item stands; those that the file does not name, in one."""
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, skip_blank_lines=False)
    if "i_category" not in table:
        return None
    named = dict(zip(table["item_id"], table["i_category"], strict=True))
    numbers, names = pd.factorize(pd.Series([named.get(str(item), "") for item in item_ids]))
    ones, rows = np.ones(len(numbers), np.float32), np.arange(len(numbers))
    return csr_matrix((ones, (rows, numbers)), shape=(len(numbers), len(names)))


def linked_in(text: str, where: str) -> list[str]:
    """Ids of a JSON list; an empty text is an empty list."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise InteractionsUnreadable(f"{where}: {text!r} is not a list of item ids such as [214, 4125].")
    return [str(other) for other in found]


def report(own: Result, others: Sequence[Result], variants: Sequence[Result], k: int) -> Iterator[str]:
    yield ""
    yield f"| model | HR@{k} | NDCG@{k} | coverage@{k} | settings, chosen of | learning |"
    yield "| --- | ---: | ---: | ---: | --- | ---: |"
    for result in (own, *others, *variants):
        yield line_of(result)
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
        more, low, high = gain(mine, theirs)
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


def write_json(path: Path, results: Sequence[Result], k: int) -> None:
    figures = {
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
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    part.replace(path)
