"""From files to a checkpoint: what train_seq2label does, without Django."""

import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import torch

from seq2label.card import curves, log_curves, model_card
from seq2label.checkpoint import Network, file_hash, save_checkpoint
from seq2label.config import ModelConfig, SearchConfig, TrainingConfig
from seq2label.evaluation import Subject, evaluate
from seq2label.examples import Pair, labelled_pairs, reviews_in, split_by_product
from seq2label.files import written_whole
from seq2label.inference import Tagger
from seq2label.metrics import score
from seq2label.training import EpochRecord, Prepared, Progress, Training, prepare

DECODER_SHARES = (0.0, 0.15, 0.3, 0.5, 0.7, 1.0)
SINGLE_THRESHOLD_PRECISION = 0.5


@dataclass(frozen=True, slots=True)
class Request:
    """What to train on, where to put it, and how."""

    pairs: Path
    reviews: tuple[Path, ...]
    out: Path
    state: Path
    device: torch.device
    resume: bool
    model: ModelConfig
    run: TrainingConfig
    card: Path | None = None
    """Where a second copy of the model card goes."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The checkpoint's place and its figures."""

    directory: Path
    metrics: dict[str, Any]


def device_named(name: str) -> torch.device:
    """`auto` is CUDA where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def train(request: Request, progress: Progress, report: Callable[[EpochRecord], None]) -> Trained:
    """Train, choose the decision rule on validation, evaluate once on test, write the checkpoint."""
    started = time.monotonic()
    split = split_by_product(labelled_pairs(request.pairs))
    unlabelled = [item for path in request.reviews for item in reviews_in(path)]
    prepared = prepare(split, unlabelled, request.model, request.run, request.device)
    training = _training(request, prepared)
    tagger = _decided(training.fit(progress, report), split.validation, request.device)
    figures = evaluate(
        tagger, Subject(split.test, split.train, "held-out test part"), extractors=False, watch=lambda _: None
    )
    seconds = prepared.seconds | _stage_seconds(training.state.records)
    metrics = {
        "test": figures.as_dict(),
        "validation_f1": training.state.best_f1,
        "pairs_sha256": file_hash(request.pairs),
        "reviews_sha256": {path.name: file_hash(path) for path in request.reviews},
        "sizes": {
            "train": len(split.train),
            "validation": len(split.validation),
            "test": len(split.test),
            "unlabelled": len(prepared.reviews) - 1 - prepared.paired,
        },
        "training": request.run.as_dict(),
        "epochs": [asdict(record) for record in training.state.records],
        "seconds": seconds | {"whole run": time.monotonic() - started},
        "machine": _machine(request.device),
        "commit": _commit(),
    }
    log_curves(training.state.records, request.state.parent / "tensorboard")
    card = model_card(tagger.network, metrics)
    save_checkpoint(
        tagger.network,
        request.out,
        metrics=metrics,
        card=card,
        pictures={"curves.png": curves(training.state.records)},
    )
    if request.card:
        with written_whole(request.card) as lines:
            lines.write(card)
    request.state.unlink(missing_ok=True)
    return Trained(request.out, metrics)


def _training(request: Request, prepared: Prepared) -> Training:
    request.state.parent.mkdir(parents=True, exist_ok=True)
    training = Training(prepared, request.model, request.run, request.device, request.state)
    if request.resume:
        training.resume()
    return training


def _decided(network: Network, validation: Sequence[Pair], device: torch.device) -> Tagger:
    """The tagger whose decoder share does best on validation, with a threshold for single reviews."""
    best: tuple[float, SearchConfig] = (-1.0, SearchConfig())
    for share in DECODER_SHARES:
        search = replace(SearchConfig(), decoder_share=share)
        best = max(best, (_f1(network, search, validation, device), search), key=lambda item: item[0])
    search = replace(best[1], threshold=_threshold(network, best[1], validation, device))
    return Tagger(replace(network, search=search), "in training", device)


def _f1(network: Network, search: SearchConfig, pairs: Sequence[Pair], device: torch.device) -> float:
    found = Tagger(replace(network, search=search), "in training", device).label_pairs(
        [(pair.a, pair.b) for pair in pairs], always_two=True
    )
    named = {pair.id: [label.text for label in labels] for pair, labels in zip(pairs, found, strict=True)}
    return score(pairs, named).agreement.exact_f1


def _threshold(network: Network, search: SearchConfig, pairs: Sequence[Pair], device: torch.device) -> float:
    """The lowest score at which a label said is right half of the time, between 0.1 and 0.4."""
    found = Tagger(replace(network, search=search), "in training", device).label_pairs(
        [(pair.a, pair.b) for pair in pairs], always_two=True
    )
    said = [
        (
            label.score,
            any(network.inventory.index(gold) == network.inventory.index(label.text) for gold in pair.labels),
        )
        for pair, labels in zip(pairs, found, strict=True)
        for label in labels
    ]
    for step in range(10, 40):
        near = [right for score, right in said if step / 100 <= score < step / 100 + 0.1]
        if len(near) >= 20 and sum(near) / len(near) >= SINGLE_THRESHOLD_PRECISION / 2:
            return step / 100
    return 0.2


def _stage_seconds(records: Sequence[EpochRecord]) -> dict[str, float]:
    stages = dict.fromkeys((record.stage for record in records), 0.0)
    for record, stage in product(records, stages):
        stages[stage] += record.seconds * (record.stage == stage)
    return stages


def _machine(device: torch.device) -> str:
    chip = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return f"{device.type} ({chip}, {torch.get_num_threads()} threads), torch {torch.__version__}"


def _commit() -> str:
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607
            cwd=Path(__file__).parent, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return asked.stdout.strip()
