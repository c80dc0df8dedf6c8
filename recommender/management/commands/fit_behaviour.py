import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from recommender import learning
from recommender.learning import Learnt


class Command(BaseCommand):
    help = (
        "Learn what goes with what from what shoppers looked at, put into their carts, bought and praised, "
        "as the worker does by itself when enough is new. The last version serves until the new one is whole."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-due", action="store_true", help="only where enough is new, as the worker")

    def handle(self, *args: Any, if_due: bool, **options: Any) -> None:
        started = time.monotonic()
        try:
            done = learning.learn(at_once=not if_due)
        except OSError as error:
            raise CommandError(
                f"{settings.BEHAVIOUR_DIR} cannot be written: {error.strerror or error}."
            ) from error
        self.stdout.write(summary(done, time.monotonic() - started))


def summary(done: Learnt, seconds: float) -> str:
    if done.is_elsewhere:
        return "Another process is learning from behaviour already; this one has nothing to do."
    if done.is_empty:
        return "Nobody has touched a product yet: there is nothing to learn from."
    if done.fitted is None:
        return f"{done.read} touches read; too little is new since the last version to learn again."
    return (
        f"Learnt in {seconds:.1f} s from {done.fitted.interactions} touches ({done.read} of them new, "
        f"{done.forgotten} gone): version {done.fitted.version}, {done.fitted.way}."
    )
