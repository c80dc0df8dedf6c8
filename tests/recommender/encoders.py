"""Encoders whose vectors are known."""

from collections.abc import Sequence

from recommender.embedding import Floats, default_embedder
from recommender.models import DIMENSIONS


class Noting:
    """MiniLM, with the texts that it was given."""

    model_version = default_embedder().model_version
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Floats:
        self.texts += texts
        return default_embedder().embed(texts)


class Renamed(Noting):
    """Under another name."""

    model_version = "minilm-again"
