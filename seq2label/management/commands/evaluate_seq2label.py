"""Score a checkpoint on labelled pairs, beside its peers."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from seq2label.evaluation import Figures, choose_pairs, evaluate
from seq2label.exceptions import Seq2LabelError
from seq2label.files import refuse_output, written_whole
from seq2label.inference import DEFAULT_CHECKPOINT, Tagger
from seq2label.metrics import Scores

WIDTHS = (9, 9, 11, 9)


class Command(BaseCommand):
    """Arguments → `evaluation.evaluate` → a table."""

    help = "Score Seq2Label on labelled pairs, beside majority, 1-NN, a lexicon and a linear classifier."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pairs", type=Path, required=True, help="labelled pairs, JSON lines (.gz)")
        parser.add_argument("--train-pairs", type=Path, help="the training file, to fit peers on")
        parser.add_argument("--model", type=Path, default=DEFAULT_CHECKPOINT, help="checkpoint directory")
        parser.add_argument("--peers", action="store_true", help="also YAKE and KeyBERT (extra “peers”)")
        parser.add_argument("--json", type=Path, help="write the figures here")

    def handle(self, *args: Any, **options: Any) -> None:
        """Evaluate; raises `CommandError` for input that cannot be used."""
        try:
            if options["json"]:
                refuse_output(options["json"], options["pairs"], *filter(None, [options["train_pairs"]]))
            figures = self._figures(options)
            if options["json"]:
                with written_whole(options["json"]) as lines:
                    json.dump(figures.as_dict(), lines, indent=1)
        except (Seq2LabelError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_table(figures))

    def _figures(self, options: dict[str, Any]) -> Figures:
        tagger = Tagger.load(options["model"])
        subject = choose_pairs(options["pairs"], options["model"], options["train_pairs"])
        self.stdout.write(subject.said)
        if not subject.train:
            self.stdout.write("No peers are fitted: name the training file with --train-pairs.")
        with tqdm(desc="evaluating", unit="labeller") as bar:

            def watch(name: str) -> None:
                bar.set_postfix_str(name)
                bar.update()

            return evaluate(tagger, subject, extractors=options["peers"], watch=watch)


def _table(figures: Figures) -> str:
    rows = [("Seq2Label", figures.scores), *figures.peers.items()]
    lines = [f"{'':12}{'exact-F1':>9}{'token-F1':>9}{'duplicates':>11}{'covered':>9}"]
    lines += [_row(name, scores) for name, scores in rows]
    if ceiling := figures.scores.ceiling:
        lines.append(
            f"{'ceiling':12}{ceiling.exact_f1:9.4f}{ceiling.token_f1:9.4f}   (rater 2 against rater 1)"
        )
    lines += [
        f"unchanged by swap  {figures.unchanged_by_swap:.4f}",
        _polarity_line(figures),
        f"grounded           {figures.grounded:.4f}",
    ]
    return "\n".join(lines)


def _polarity_line(figures: Figures) -> str:
    network, reference = (
        "not measured" if share is None else f"{share:.4f}"
        for share in (figures.polarity_agrees, figures.polarity_agrees_in_reference)
    )
    return f"polarity agrees    {network}   (reference labels {reference})"


def _row(name: str, scores: Scores) -> str:
    agreement = scores.agreement
    figures = (agreement.exact_f1, agreement.token_f1, scores.duplicates, scores.covered)
    return f"{name:12}" + "".join(
        f"{figure:>{width}.4f}" for figure, width in zip(figures, WIDTHS, strict=True)
    )
