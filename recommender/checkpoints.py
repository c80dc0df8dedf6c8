"""What of a checkpoint decides a result, as seq2label writes it, looked at without opening the model."""

from hashlib import sha256
from pathlib import Path

DECISIVE = ("weights.safetensors", "config.json", "vocabulary.json", "labels.json")  # as they are hashed

Identity = tuple[tuple[int, int, int], ...]


def version_of_model(directory: Path) -> str:
    """The `model_version` that seq2label gives it. Raises OSError."""
    digest = sha256()
    for name in DECISIVE:
        digest.update((directory / name).read_bytes())
    return digest.hexdigest()[:12]


def identity_of(directory: Path) -> Identity | None:
    """Changes when a file is replaced or written; None where one is missing."""
    try:
        found = [(directory / name).stat() for name in DECISIVE]
    except OSError:
        return None
    return tuple((file.st_ino, file.st_size, file.st_mtime_ns) for file in found)
