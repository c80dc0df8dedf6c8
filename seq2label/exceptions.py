"""What can be so with the model's files and settings; each says what is wrong and what to do."""

from pathlib import Path


class Seq2LabelError(Exception):
    """Base of every error this package raises on purpose."""


class CheckpointError(Seq2LabelError):
    """A checkpoint directory is absent, incomplete or damaged."""

    def __init__(self, directory: Path, reason: str) -> None:
        super().__init__(
            f"The checkpoint {directory} cannot be used: {reason}. Train one with train_seq2label."
        )
        self.directory = directory
        self.reason = reason


class ConfigError(Seq2LabelError):
    """A configuration holds an unknown key, lacks one, or holds an impossible value."""


class FileUnusable(Seq2LabelError):
    """A file cannot be read, or not be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} {reason}.")
        self.path = path


class MalformedData(Seq2LabelError):
    """A line of a data file does not say what it must."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}.")
        self.path = path
        self.line = line


class OtherPairs(Seq2LabelError):
    """A checkpoint is asked to decide anew on pairs that it was not trained on."""

    def __init__(self, directory: Path, pairs: Path) -> None:
        super().__init__(
            f"{pairs} does not hold the pairs that {directory} was trained on: no part would be the same."
        )


class NotEnoughData(Seq2LabelError):
    """There are too few pairs to train on and hold some out."""
