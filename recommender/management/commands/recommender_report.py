from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recommender.outputs import OutputUnusable, refuse_output, write_json
from recommender.reporting import Report, report


class Command(BaseCommand):
    help = (
        "How the recommended products do: how often four were shown and one of them opened, how often the "
        "most loved stood in for them, how many were shown for a tag, how much of the shop was shown, and "
        "what waits to be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="how far back (30)")
        parser.add_argument("--json", type=Path, help="file for the figures")

    def handle(self, *args: Any, days: int, json: Path | None = None, **options: Any) -> None:
        if not 1 <= days <= 36_500:
            raise CommandError(f"--days is {days}: it must be between 1 and 36500.")
        try:
            if json:
                refuse_output(json)
        except OutputUnusable as error:
            raise CommandError(str(error)) from error
        found = report(days)
        self.stdout.write("\n".join(lines(found)))
        if json:
            write_json(json, asdict(found))


def lines(found: Report) -> Iterator[str]:
    yield f"Since {found.since:%Y-%m-%d %H:%M} UTC"
    yield f"{'place':10}{'shown':>10}{'opened':>10}{'share':>9}{'clicks':>9}{'stood in':>10}{'by a tag':>10}"
    for place in found.places:
        yield (
            f"{place.place:10}{place.impressions:>10,}{place.opened:>10,}{place.click_through:>9.1%}"
            f"{place.clicks:>9,}{place.stood_in:>10.1%}{place.told_by_tag:>10.1%}"
        )
    yield (
        f"{found.products_shown:,} of {found.products_available:,} products to be had were shown "
        f"({found.coverage:.1%})."
    )
    yield (
        f"{found.unlabelled_reviews:,} reviews wait to be read, "
        f"{found.stale_products:,} products to be renewed."
    )
    yield behaviour_line(found)


def behaviour_line(found: Report) -> str:
    learnt = found.behaviour
    if not learnt.version:
        return f"Nothing is learnt from behaviour yet; {found.new_touches:,} touches are there."
    return (
        f"Behaviour was learnt on {learnt.fitted_at:%Y-%m-%d %H:%M} UTC from {learnt.interactions:,} touches "
        f"({learnt.way}); {found.new_touches:,} are new since."
    )
