"""Choose anew how a trained checkpoint's labels are decided."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from seq2label.exceptions import Seq2LabelError
from seq2label.inference import DEFAULT_CHECKPOINT
from seq2label.recipe import decide, device_named


class Command(BaseCommand):
    """Arguments → `recipe.decide` → a summary."""

    help = (
        "Choose decoder share and threshold of a checkpoint anew on the validation part of the pairs that it "
        "was trained on, without training; evaluates on the test part and writes the card."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pairs", type=Path, required=True, help="the file it was trained on")
        parser.add_argument("--model", type=Path, default=DEFAULT_CHECKPOINT, help="checkpoint directory")

    def handle(self, *args: Any, **options: Any) -> None:
        """Decide; raises `CommandError` for input that cannot be used."""
        try:
            metrics = decide(options["model"], options["pairs"], device_named("cpu"))
        except (Seq2LabelError, OSError) as error:
            raise CommandError(str(error)) from error
        test = metrics["test"]
        self.stdout.write(
            f"Validation exact-F1 at 2: {metrics['validation_f1']:.4f}\n"
            f"Test exact-F1 at 2: {test['scores']['agreement']['exact_f1']:.4f}"
            f" (linear: {test['peers']['linear']['agreement']['exact_f1']:.4f})"
        )
