"""Label pairs of reviews from a file into a file."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from seq2label.examples import Pair, pairs_in
from seq2label.exceptions import Seq2LabelError
from seq2label.files import refuse_output, written_whole
from seq2label.inference import DEFAULT_CHECKPOINT, Tagger

CHUNK = 2048


class Command(BaseCommand):
    """Arguments → labels → a summary."""

    help = 'Label pairs of reviews: JSON lines {"id", "review_a", "review_b"} in, {"id", "labels"} out.'

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--pairs", type=Path, required=True, help="pairs, JSON lines (.gz); stars optional"
        )
        parser.add_argument("--out", type=Path, required=True, help="where the labels go")
        parser.add_argument("--model", type=Path, default=DEFAULT_CHECKPOINT, help="checkpoint directory")

    def handle(self, *args: Any, **options: Any) -> None:
        """Label; raises `CommandError` and writes nothing for input that cannot be used."""
        try:
            refuse_output(options["out"], options["pairs"])
            tagger = Tagger.load(options["model"])
            with written_whole(options["out"]) as lines:
                pairs = label_stream(tagger, pairs_in(options["pairs"]), lines)
        except (Seq2LabelError, OSError) as error:
            raise CommandError(str(error)) from error
        if not pairs:
            self.stdout.write(f"{options['pairs']} holds no pairs: {options['out']} is empty.")
            return
        self.stdout.write(f"Labelled {pairs} pairs with model {tagger.model_version}: {options['out']}")


def label_stream(tagger: Tagger, pairs: Iterable[Pair], lines: TextIO) -> int:
    """Write a line for each pair, a chunk in memory at a time; returns how many."""
    written = 0
    for chunk in _chunks(tqdm(pairs, desc="labelling", unit="pair")):
        found = tagger.label_pairs([(pair.a, pair.b) for pair in chunk], always_two=True)
        for pair, labels in zip(chunk, found, strict=True):
            row = {"id": pair.id, "labels": [label.text for label in labels]}
            lines.write(json.dumps(row) + "\n")
        written += len(chunk)
    return written


def _chunks(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    chunk: list[Pair] = []
    for pair in pairs:
        chunk.append(pair)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
