"""`make bench-ask`: our answers to the requests of requests.jsonl beside BM25 and plain sentence vectors.

Which products fit was judged from the demo catalogue and its reviews, before any system answered. A third
of the requests, by their hash, is held apart: weights and cues are chosen on the others, and `--open` shows
nothing else. Keeps databases of its own under `var/bench-ask`.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import fmean

import django
from django.core.management import call_command

from benchmarks.first_slice import commit, machine
from benchmarks.ranking import K, gain, interval, ndcg, recall

ROOT = Path(__file__).resolve().parent.parent
REQUESTS = Path(__file__).with_name("requests.jsonl")
OURS = "Larder"
FILTERED = ", with our filters"
MEASURES = {f"recall@{K}": recall, f"NDCG@{K}": ndcg}

Answers = Mapping[str, Mapping[str, list[str]]]
"""By system and request, SKUs, the fittest first."""
Scores = dict[str, dict[str, list[float]]]
"""By system and measure, one figure for each request."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A request and the products that fit it, by SKU; `about` is its kind, `round` when it was judged."""

    request: str
    about: str
    fits: tuple[str, ...]
    round: int

    @property
    def is_held_apart(self) -> bool:
        return int(sha256(self.request.encode()).hexdigest(), 16) % 3 == 0


def read_requests() -> list[Judged]:
    rows = map(json.loads, REQUESTS.read_text(encoding="utf-8").splitlines())
    return [Judged(row["request"], row["about"], tuple(row["fits"]), row.get("round", 1)) for row in rows]


def parts_of(judged: Sequence[Judged], *, is_only_open: bool) -> dict[str, list[Judged]]:
    """The part held apart also by when its requests were judged: the later ones are harder."""
    parts = {"open": [one for one in judged if not one.is_held_apart]}
    if not is_only_open:
        held = parts["held apart"] = [one for one in judged if one.is_held_apart]
        parts["held apart, of the first 207"] = [one for one in held if one.round == 1]
        parts["held apart, of the 63 judged later"] = [one for one in held if one.round > 1]
    return parts


def main() -> None:
    options = read_options()
    open_shop()
    parts = parts_of(read_requests(), is_only_open=options.open)
    answers = answered(dict.fromkeys(one.request for rows in parts.values() for one in rows))
    scores = {part: scored(rows, answers) for part, rows in parts.items()}
    report = "\n".join(report_lines(parts, scores)) + "\n"
    if options.misses:
        print("\n".join(misses(parts["open"], answers[OURS])))
    print(report)
    if options.report:
        options.report.write_text(report, encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(summary(scores), indent=1), encoding="utf-8")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--open", action="store_true", help="only the part on which weights are chosen")
    parser.add_argument("--misses", action="store_true", help="show where we missed in the open part")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--report", type=Path, help="Markdown file for the report")
    return parser.parse_args()


def open_shop() -> None:
    """The demo shop in databases of its own, labelled and clustered."""
    os.environ.setdefault("VAR_DIR", str(ROOT / "var" / "bench-ask"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0, database="recommender")
    call_command("load_demo", verbosity=0, stdout=sys.stderr)
    call_command("catch_up_recommender", stdout=sys.stderr)


def answered(requests: Iterable[str]) -> Answers:
    """Every system's answers; the peers' once as they are, and once among what passes our filters."""
    from benchmarks.ask_peers import Larder, pages_on_sale, peers  # noqa: PLC0415 (after Django is set up)

    larder = Larder()
    answers: dict[str, dict[str, list[str]]] = defaultdict(dict)
    searches = peers(pages_on_sale(), larder.embedder)
    for request in requests:
        answers[OURS][request] = larder.answer(request)
        passing = larder.passing(request)
        for name, search in searches.items():
            found = search(request)
            answers[name][request] = found[:K]
            answers[name + FILTERED][request] = [sku for sku in found if sku in passing][:K]
    return answers


def scored(rows: Sequence[Judged], answers: Answers) -> Scores:
    return {
        name: {
            measure: [of(found[one.request], one.fits) for one in rows] for measure, of in MEASURES.items()
        }
        for name, found in answers.items()
    }


def best_peer(scores: Scores, measure: str, *, is_filtered: bool) -> str:
    names = [name for name in scores if name != OURS and name.endswith(FILTERED) == is_filtered]
    return max(names, key=lambda name: fmean(scores[name][measure]))


def report_lines(parts: Mapping[str, Sequence[Judged]], scores: Mapping[str, Scores]) -> Iterator[str]:
    yield "# Asking, beside BM25 and sentence vectors\n"
    yield f"`make bench-ask` at commit {commit()}, {machine()}. The demo catalogue; the requests stand in"
    yield "[benchmarks/requests.jsonl](../../benchmarks/requests.jsonl), those held apart chosen by their"
    yield "hash. Intervals are 95 %, by bootstrap over requests. “With our filters”: what ours would not"
    yield "show at all (prices, things to leave out) is taken from the peer's answers too."
    for part, rows in parts.items():
        chinese = sum(not one.request.isascii() for one in rows)
        yield f"\n## Part: {part} ({len(rows)} requests, {chinese} of them Chinese)\n"
        yield from table(scores[part])
        yield ""
        yield from gains(scores[part])
        yield ""
        yield from by_kind(rows, scores[part])


def table(scores: Scores) -> Iterator[str]:
    yield f"| system | {' | '.join(MEASURES)} |"
    yield "| --- |" + " ---: |" * len(MEASURES)
    for name, figures in scores.items():
        cells = (f"{fmean(values):.3f} ({'–'.join(f'{end:.3f}' for end in interval(values))})" for values in
                 figures.values())  # fmt: skip
        yield f"| {name} | {' | '.join(cells)} |"


def gains(scores: Scores) -> Iterator[str]:
    for is_filtered in (False, True):
        for measure in MEASURES:
            peer = best_peer(scores, measure, is_filtered=is_filtered)
            more, low, high = gain(scores[OURS][measure], scores[peer][measure])
            yield f"- {measure}: {more:+.1%} ({low:+.1%} to {high:+.1%}) over {peer}."


def by_kind(rows: Sequence[Judged], scores: Scores) -> Iterator[str]:
    """Where it is strong and where weak, beside the best peer as it is."""
    measure = f"recall@{K}"
    peer = best_peer(scores, measure, is_filtered=False)
    kinds = {about: [one.about == about for one in rows] for about in sorted({one.about for one in rows})}
    kinds |= {
        "English": [one.request.isascii() for one in rows],
        "Chinese": [not one.request.isascii() for one in rows],
    }
    yield f"| kind | requests | {OURS}, {measure} | {peer} |"
    yield "| --- | ---: | ---: | ---: |"
    for kind, members in kinds.items():
        ours, theirs = (
            fmean(value for value, is_one in zip(scores[name][measure], members, strict=True) if is_one)
            for name in (OURS, peer)
        )
        yield f"| {kind} | {sum(members)} | {ours:.3f} | {theirs:.3f} |"


def summary(scores: Mapping[str, Scores]) -> dict[str, dict[str, dict[str, float]]]:
    return {
        part: {name: {measure: fmean(values) for measure, values in figures.items()}
               for name, figures in systems.items()}
        for part, systems in scores.items()
    }  # fmt: skip


def misses(rows: Sequence[Judged], answers: Mapping[str, list[str]]) -> Iterator[str]:
    for one in rows:
        if recall(answers[one.request], one.fits) < 1:
            yield f"- {one.request}: {', '.join(answers[one.request])}; fits: {', '.join(one.fits)}"


if __name__ == "__main__":
    main()
