"""A trained network as a directory: weights, config, vocabularies, labels, metrics, model card.

weights.safetensors   float16
config.json           {"model": …, "search": …}
vocabulary.json       {"label_words": n, "words": […]}
labels.json           [{"text", "count", "polarity"}, …]
metrics.json          figures, the hash of the training data and of the split
README.md             the model card
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load_file, save_file

from seq2label.config import ModelConfig, SearchConfig
from seq2label.exceptions import CheckpointError, FileUnusable, Seq2LabelError
from seq2label.files import refuse_unwritable, written_whole
from seq2label.model import Seq2Label
from seq2label.vocabulary import Label, LabelInventory, Vocabulary

WEIGHTS, CONFIG, WORDS, LABELS = "weights.safetensors", "config.json", "vocabulary.json", "labels.json"
METRICS, CARD = "metrics.json", "README.md"


@dataclass(frozen=True, slots=True)
class Network:
    """A network with the words and labels it was trained for, and how its labels are chosen."""

    model: Seq2Label
    vocabulary: Vocabulary
    inventory: LabelInventory
    search: SearchConfig


def save_checkpoint(
    network: Network, directory: Path, *, metrics: Mapping[str, Any], card: str, pictures: Mapping[str, bytes]
) -> None:
    """Write everything into a new directory and put it in the place of the old one."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        _write(network, part, metrics, card)
        for name, picture in pictures.items():
            (part / name).write_bytes(picture)
        part.chmod(0o755)
        _replace(part, directory)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def refuse_place(directory: Path) -> None:
    """Raises FileUnusable where a checkpoint would take the place of something else, or cannot be written."""
    if directory.exists() and not (directory.is_dir() and _is_ours(directory)):
        raise FileUnusable(directory, "is there and is no checkpoint: name another directory")
    refuse_unwritable(directory)


def _is_ours(directory: Path) -> bool:
    return (directory / CONFIG).is_file() or not any(directory.iterdir())


def _write(network: Network, part: Path, metrics: Mapping[str, Any], card: str) -> None:
    weights = {name: weight.cpu().half().contiguous() for name, weight in _own_weights(network.model).items()}
    save_file(weights, part / WEIGHTS)
    _dump(part / CONFIG, {"model": network.model.config.as_dict(), "search": network.search.as_dict()})
    words = network.vocabulary
    _dump(part / WORDS, {"label_words": words.label_words, "words": words.words})
    _dump(part / LABELS, [asdict(label) for label in network.inventory.labels])
    _dump(part / METRICS, metrics)
    (part / CARD).write_text(card, encoding="utf-8")


def _own_weights(model: Seq2Label) -> dict[str, torch.Tensor]:
    """Each tensor once: the embedding and the attention are shared between parts."""
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


def _dump(path: Path, content: object) -> None:
    path.write_text(_as_json(content), encoding="utf-8")


def _as_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _replace(part: Path, directory: Path) -> None:
    """`os.replace` cannot cover a full directory, so the old one steps aside first."""
    old = part.with_name(part.name + "-old")
    if directory.exists():
        os.replace(directory, old)
    os.replace(part, directory)
    shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(directory: Path) -> tuple[Network, str]:
    """The network, in evaluation mode on the CPU, and its `model_version`."""
    if not directory.is_dir():
        raise CheckpointError(directory, "there is no such directory")
    try:
        return _read(directory), model_version(directory)
    except FileNotFoundError as error:
        raise CheckpointError(directory, f"{Path(error.filename or WEIGHTS).name} is missing") from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, safetensors.SafetensorError) as error:
        raise CheckpointError(directory, f"it is damaged ({_first_line(error)})") from error
    except Seq2LabelError as error:
        raise CheckpointError(directory, str(error).rstrip(".")) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".:")


def _read(directory: Path) -> Network:
    config = _load(directory / CONFIG)
    words, labels = _load(directory / WORDS), _load(directory / LABELS)
    vocabulary = Vocabulary(tuple(words["words"]), words["label_words"])
    inventory = LabelInventory([Label(**label) for label in labels])
    model = Seq2Label(
        ModelConfig.from_dict(config["model"]), len(vocabulary.words), vocabulary.outputs, len(inventory)
    )
    weights = load_file(directory / WEIGHTS)
    own = _own_weights(model)
    if weights.keys() != own.keys():
        raise ValueError("the weights belong to another network")
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(weights[name])
    return Network(model.eval(), vocabulary, inventory, SearchConfig.from_dict(config["search"]))


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def load_metrics(directory: Path) -> dict[str, Any]:
    """The figures and hashes written when the checkpoint was made."""
    try:
        metrics: dict[str, Any] = _load(directory / METRICS)
    except (OSError, ValueError) as error:
        raise CheckpointError(directory, f"{METRICS} cannot be read") from error
    return metrics


def save_metrics(directory: Path, metrics: Mapping[str, Any], card: str) -> None:
    """Replace the figures and the card; what decides a result stays."""
    for name, content in ((METRICS, _as_json(metrics)), (CARD, card)):
        with written_whole(directory / name) as lines:
            lines.write(content)


def model_version(directory: Path) -> str:
    """A short hash of weights, config, words and labels: what decides a result."""
    digest = hashlib.sha256()
    for name in (WEIGHTS, CONFIG, WORDS, LABELS):
        digest.update((directory / name).read_bytes())
    return digest.hexdigest()[:12]


def file_hash(path: Path) -> str:
    """SHA-256 of a file, as stored beside the metrics."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
