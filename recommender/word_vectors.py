"""Texts by the word vectors that Seq2Label learned: the mean of their words' vectors, with NumPy alone.

Of a checkpoint only the words and the embedding are read, which needs neither torch nor the model. A copy is
kept when products get such vectors, so that they can be searched after the model has been trained anew.
"""

import json
import shutil
import tempfile
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from recommender.embedding import Floats, unit
from recommender.exceptions import EmbedderSilent
from recommender.models import DIMENSIONS
from recommender.words import EMPTY, words_of

WEIGHTS, WORDS = "weights.safetensors", "vocabulary.json"  # of a checkpoint, as seq2label writes it
EMBEDDING = "embedding.weight"
UNKNOWN = "<unk>"


class WordVectors:
    """`dimensions` are those of the database: shorter vectors end in zeros, which changes no cosine."""

    dimensions = DIMENSIONS

    def __init__(self, words: Sequence[str], vectors: Floats) -> None:
        self._words = list(words)
        self._vectors = vectors
        self._rows = {word: row for row, word in enumerate(words)}

    @classmethod
    def load(cls, directory: Path) -> "WordVectors":
        """Raises EmbedderSilent."""
        try:
            words = json.loads((directory / WORDS).read_text(encoding="utf-8"))["words"]
            with safe_open(directory / WEIGHTS, "numpy") as weights:
                vectors = weights.get_tensor(EMBEDDING).astype(np.float32)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise EmbedderSilent(f"The word vectors in {directory} cannot be read: {error}.") from error
        if vectors.shape[0] != len(words) or vectors.shape[1] > DIMENSIONS or UNKNOWN not in words:
            raise EmbedderSilent(f"The word vectors in {directory} do not fit its words, or the database.")
        return cls(words, vectors)

    @cached_property
    def model_version(self) -> str:
        """Of words and vectors: what decides a result."""
        digest = sha256("\n".join(self._words).encode())
        digest.update(self._vectors.astype(np.float16).tobytes())
        return f"word2vec-{digest.hexdigest()[:12]}"

    def embed(self, texts: Sequence[str]) -> Floats:
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in enumerate(texts):
            mean = self._vectors[self._rows_of(text)].mean(axis=0)
            vectors[row, : mean.size] = mean
        return unit(vectors)

    def _rows_of(self, text: str) -> list[int]:
        """Of the words that carry meaning; where none is known, of the one that stands for the unknown."""
        known = [(word, self._rows[word]) for word in words_of(text) if word in self._rows]
        telling = [row for word, row in known if word not in EMPTY]
        return telling or [row for _, row in known] or [self._rows[UNKNOWN]]

    def keep(self, folder: Path) -> None:
        """A copy under its version, whole or not at all."""
        place = folder / self.model_version
        if place.exists():
            return
        folder.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder))
        save_file({EMBEDDING: self._vectors.astype(np.float16)}, part / WEIGHTS)
        (part / WORDS).write_text(json.dumps({"words": self._words}, ensure_ascii=False), encoding="utf-8")
        part.chmod(0o755)
        try:
            part.rename(place)
        except OSError:  # another process was first
            shutil.rmtree(part)
