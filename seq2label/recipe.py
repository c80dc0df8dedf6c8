"""From files to a checkpoint: what train_seq2label does, without Django."""

import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import torch

from seq2label.card import PICTURE, curves, log_curves, model_card
from seq2label.checkpoint import (
    CARD,
    Network,
    file_hash,
    load_checkpoint,
    load_metrics,
    refuse_place,
    save_checkpoint,
    save_metrics,
)
from seq2label.config import SearchConfig
from seq2label.evaluation import Subject, evaluate
from seq2label.examples import Pair, Split, labelled_pairs, reviews_in, split_by_product
from seq2label.exceptions import OtherPairs
from seq2label.files import refuse_output, written_whole
from seq2label.inference import Tagger
from seq2label.metrics import score
from seq2label.seen import SEEN, packed, trained_split
from seq2label.training import EpochRecord, Plan, Progress, Training, prepare

DECODER_SHARES = (0.0, 0.15, 0.3, 0.5, 0.7, 1.0)
SINGLE_THRESHOLD_PRECISION = 0.5


@dataclass(frozen=True, slots=True)
class Request:
    """What to train on, where to put it, and how."""

    pairs: Path
    reviews: tuple[Path, ...]
    out: Path
    plan: Plan
    resume: bool
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
    refuse_place(request.out)
    if request.card:
        refuse_output(request.card, request.pairs, *request.reviews)
    commit = _commit()  # now: others may commit while this trains
    split = split_by_product(labelled_pairs(request.pairs))
    unlabelled = [item for path in request.reviews for item in reviews_in(path)]
    plan = request.plan
    plan.state.parent.mkdir(parents=True, exist_ok=True)
    if not request.resume:
        plan.forget()
    prepared = prepare(split, unlabelled, plan, progress)
    training = Training(prepared, plan)
    training.resume()
    network = training.fit(progress, report)
    started = time.monotonic()
    tagger, decided = _decided(network, split, plan.device)
    seconds = prepared.seconds | _stage_seconds(training.state.records)
    seconds["evaluation"] = time.monotonic() - started
    metrics = decided | {
        "variants": [],
        "pairs_sha256": file_hash(request.pairs),
        "reviews_sha256": {path.name: file_hash(path) for path in request.reviews},
        "sizes": {
            "train": len(split.train),
            "validation": len(split.validation),
            "test": len(split.test),
            "unlabelled": len(prepared.reviews) - 1 - prepared.paired,
        },
        "training": plan.run.as_dict(),
        "epochs": [asdict(record) for record in training.state.records],
        "seconds": seconds | {"whole run": sum(seconds.values())},
        "machine": _machine(plan.device),
        "commit": commit,
        SEEN: packed(split),
    }
    log_curves(training.state.records, plan.state.parent / "tensorboard")
    save_checkpoint(
        tagger.network,
        request.out,
        metrics=metrics,
        card=model_card(tagger.network, metrics),
        pictures={PICTURE: curves(training.state.records)},
    )
    if request.card:
        copy_card(request.out, request.card)
    plan.forget()
    return Trained(request.out, metrics)


def decide(directory: Path, pairs: Path, device: torch.device) -> dict[str, Any]:
    """Choose anew, on validation, how a trained network's labels are decided; evaluate and store it."""
    metrics = load_metrics(directory)
    split = trained_split(pairs, labelled_pairs(pairs), metrics)
    if split is None:
        raise OtherPairs(directory, pairs)
    network, _ = load_checkpoint(directory)
    tagger, decided = _decided(network, split, device)
    metrics |= decided | {SEEN: packed(split)}
    save_checkpoint(
        tagger.network,
        directory,
        metrics=metrics,
        card=model_card(tagger.network, metrics),
        pictures={PICTURE: (directory / PICTURE).read_bytes()},
    )
    return metrics


def describe(directory: Path, variants: Sequence[Path], copy: Path | None) -> None:
    """Write the card anew, with the validation figures of runs that left something out."""
    if copy:
        refuse_output(copy)
    network, _ = load_checkpoint(directory)
    metrics = load_metrics(directory)
    metrics["variants"] = [_variant(load_metrics(other), metrics) for other in variants]
    save_metrics(directory, metrics, model_card(network, metrics))
    if copy:
        copy_card(directory, copy)


def _variant(metrics: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    settings = metrics["training"].items()
    changed = ", ".join(f"{name} = {value}" for name, value in settings if own["training"].get(name) != value)
    return {"changed": changed or "nothing", "validation_f1": metrics["validation_f1"]}


def copy_card(directory: Path, place: Path) -> None:
    """Put the card among other documents, without the picture that stays with the checkpoint."""
    lines = (directory / CARD).read_text(encoding="utf-8")
    with written_whole(place) as card:
        card.write(lines.replace(f"![Training curves]({PICTURE})\n\n", ""))


def _decided(network: Network, split: Split, device: torch.device) -> tuple[Tagger, dict[str, Any]]:
    """The tagger whose decoder share does best on validation, with a threshold; and its figures."""
    validation = split.validation
    by_share = {
        share: _f1(network, SearchConfig(decoder_share=share), validation, device) for share in DECODER_SHARES
    }
    search = SearchConfig(decoder_share=max(by_share, key=lambda share: by_share[share]))
    ungrounded = replace(search, copied=0.0, contrary=0.0)
    search = replace(search, threshold=_threshold(network, search, validation, device))
    tagger = Tagger(replace(network, search=search), "in training", device)
    subject = Subject(split.test, split.train, "held-out test part")
    return tagger, {
        "test": evaluate(tagger, subject, extractors=False, watch=lambda _: None).as_dict(),
        "validation_f1": max(by_share.values()),
        "validation_f1_by_decoder_share": by_share,
        "validation_f1_ungrounded": _f1(network, ungrounded, validation, device),
    }


def _f1(network: Network, search: SearchConfig, pairs: Sequence[Pair], device: torch.device) -> float:
    tagger = Tagger(replace(network, search=search), "in training", device)
    found = tagger.label_pairs([(pair.a, pair.b) for pair in pairs], always_two=True)
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
