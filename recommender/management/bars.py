"""A bar for each stage of long work, shown once it takes a moment."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from recommender.services import Advance, Total

MOMENT = 0.5  # seconds


@contextmanager
def bar(stage: str, total: Total) -> Iterator[Advance]:
    with tqdm(desc=stage, total=total(), file=sys.stderr, leave=False, delay=MOMENT) as progress:
        yield progress.update
