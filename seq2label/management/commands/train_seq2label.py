"""Train Seq2Label from labelled pairs and unlabelled reviews."""

import hashlib
import logging
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from seq2label.config import ModelConfig, TrainingConfig
from seq2label.exceptions import Seq2LabelError
from seq2label.inference import DEFAULT_CHECKPOINT
from seq2label.recipe import Request, device_named, train
from seq2label.training import EpochRecord, Plan


class Command(BaseCommand):
    """Arguments → `recipe.train` → a summary."""

    help = "Train Seq2Label: word vectors, distillation, fine-tuning; writes a checkpoint directory."

    def add_arguments(self, parser: ArgumentParser) -> None:
        run = TrainingConfig()
        parser.add_argument("--pairs", type=Path, required=True, help="labelled pairs, JSON lines (.gz)")
        parser.add_argument(
            "--reviews", type=Path, nargs="*", default=[], help="Amazon JSON lines or CSV (.gz)"
        )
        parser.add_argument("--out", type=Path, default=DEFAULT_CHECKPOINT, help="checkpoint directory")
        parser.add_argument("--card", type=Path, help="where a second copy of the model card goes")
        parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
        parser.add_argument("--resume", action="store_true", help="go on from the last finished epoch")
        parser.add_argument("--seed", type=int, default=run.seed)
        parser.add_argument("--weak-epochs", type=int, default=run.weak_epochs)
        parser.add_argument(
            "--no-sentence-teacher", action="store_true", help="teach from TF-IDF alone, without MiniLM"
        )
        parser.add_argument("--epochs", type=int, default=run.epochs)

    def handle(self, *args: Any, **options: Any) -> None:
        """Train; raises `CommandError` for input that cannot be used."""
        logging.getLogger("gensim").setLevel(logging.WARNING)  # a line for every second is too much
        try:
            trained = train(_request(options), _progress, self._report)
        except (Seq2LabelError, OSError) as error:
            raise CommandError(str(error)) from error
        test, seconds = trained.metrics["test"], trained.metrics["seconds"]["whole run"]
        self.stdout.write(
            f"Checkpoint: {trained.directory}\n"
            f"Test exact-F1 at 2: {test['scores']['agreement']['exact_f1']:.4f}"
            f" (linear: {test['peers']['linear']['agreement']['exact_f1']:.4f})"
            f" on {test['pairs']} held-out pairs\n"
            f"Time: {seconds / 60:.1f} minutes"
        )

    def _report(self, record: EpochRecord) -> None:
        tqdm.write(
            f"{record.stage} {record.epoch}: loss {record.loss:.3f},"
            f" validation exact-F1 {record.validation_f1:.4f}, {record.seconds:.0f} s"
        )


def _request(options: dict[str, Any]) -> Request:
    run = TrainingConfig(
        seed=options["seed"],
        weak_epochs=options["weak_epochs"],
        epochs=options["epochs"],
        sentence_teacher=not options["no_sentence_teacher"],
    )
    place = hashlib.sha256(str(options["out"].resolve()).encode()).hexdigest()[:8]
    state = Path(settings.VAR_DIR) / "seq2label" / f"{options['out'].name}-{place}" / "training.pt"
    return Request(
        pairs=options["pairs"],
        reviews=tuple(options["reviews"]),
        out=options["out"],
        plan=Plan(ModelConfig(), run, device_named(options["device"]), state),
        resume=options["resume"],
        card=options["card"],
    )


def _progress(title: str, steps: int) -> Callable[[], None]:
    bar = tqdm(total=steps, desc=title, unit="batch", leave=False)

    def step() -> None:
        bar.update()
        if bar.n == steps:
            bar.close()

    return step
