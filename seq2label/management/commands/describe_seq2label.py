"""Write a checkpoint's model card anew, beside runs that left something out."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from seq2label.exceptions import Seq2LabelError
from seq2label.inference import DEFAULT_CHECKPOINT
from seq2label.recipe import describe


class Command(BaseCommand):
    """Arguments → `recipe.describe`."""

    help = (
        "Write the model card of a checkpoint anew, with the validation figures of other runs in its table."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--model", type=Path, default=DEFAULT_CHECKPOINT, help="checkpoint directory")
        parser.add_argument(
            "--variants", type=Path, nargs="*", default=[], help="checkpoints of runs that left something out"
        )
        parser.add_argument("--card", type=Path, help="where a second copy of the model card goes")

    def handle(self, *args: Any, **options: Any) -> None:
        """Describe; raises `CommandError` for a checkpoint that cannot be read."""
        try:
            describe(options["model"], options["variants"], options["card"])
        except (Seq2LabelError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Model card: {options['card'] or options['model'] / 'README.md'}")
