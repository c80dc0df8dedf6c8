"""The teachers: ridge regression from TF-IDF features of a pair to its labels, and a sentence teacher.

They are fitted on the labelled pairs alone and then say, for any two reviews, how likely each label
is; the network learns from what they say about hundreds of thousands of pairs nobody labelled.

Letters: R reviews, P pairs, F features, L labels, N training pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from seq2label.examples import Pair, ReviewText
from seq2label.vocabulary import LabelInventory, plain

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

STAR_KINDS = 6
NOISE = 0.03


def _tfidf_views() -> list[TfidfVectorizer]:
    return [
        TfidfVectorizer(sublinear_tf=True, min_df=2, dtype=np.float32),
        TfidfVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=3, dtype=np.float32
        ),
    ]


def _joined_norms(rows: sparse.csr_matrix, first: Indices, second: Indices) -> Floats:
    """Lengths (P) of the sums of two rows each."""
    total = rows[first] + rows[second]
    lengths = np.sqrt(np.asarray(total.multiply(total).sum(axis=1)).ravel())
    found: Floats = np.maximum(lengths, 1e-6).astype(np.float32)
    return found


def _star_features(reviews: Sequence[ReviewText]) -> Floats:
    """(R, 6): one column for each number of stars, the first where it is unknown."""
    features = np.zeros((len(reviews), STAR_KINDS), dtype=np.float32)
    for row, review in enumerate(reviews):
        if review.text.strip():
            features[row, review.stars or 0] = 1.0
    return features


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the teacher keeps of R reviews, so that any pair of them costs two additions."""

    rows: tuple[sparse.csr_matrix, ...]
    scores: tuple[Floats, ...]
    stars: Floats


class LinearTeacher:
    """Ridge regression in its dual form over two TF-IDF views and the stars."""

    def __init__(
        self,
        pairs: Sequence[Pair],
        inventory: LabelInventory,
        *,
        ridge: float,
        star_weight: float,
    ) -> None:
        reviews = [side for pair in pairs for side in (pair.a, pair.b)]
        texts = [plain(review.text) for review in reviews]
        first, second = np.arange(0, len(reviews), 2), np.arange(1, len(reviews), 2)
        targets = label_targets(pairs, inventory)  # (N, L)
        self._mean = targets.mean(axis=0)  # (L)
        self._views = [view.fit(texts) for view in _tfidf_views()]
        share = 1 / len(self._views)
        self._star_scale = star_weight / 4
        joined = [self._joined(view.transform(texts), first, second) for view in self._views]
        stars = _star_features(reviews)
        stars = stars[first] + stars[second]  # (N, 6)
        kernel = self._star_scale * stars @ stars.T  # (N, N)
        for rows in joined:
            kernel += share * (rows @ rows.T).toarray()
        dual = np.linalg.solve(kernel + ridge * np.eye(len(pairs)), targets - self._mean).astype(np.float32)
        self._weights = [share * (rows.T @ dual) for rows in joined]  # (F, L) each
        self._star_weights = self._star_scale * stars.T @ dual  # (6, L)

    @staticmethod
    def _joined(rows: sparse.csr_matrix, first: Indices, second: Indices) -> sparse.csr_matrix:
        scale = sparse.diags(1 / _joined_norms(rows, first, second))
        return (scale @ (rows[first] + rows[second])).tocsr()

    def examine(self, reviews: Sequence[ReviewText]) -> Evidence:
        """Score R reviews once."""
        texts = [plain(review.text) for review in reviews]
        rows = tuple(view.transform(texts).tocsr() for view in self._views)
        scores = tuple(np.asarray(row @ weights) for row, weights in zip(rows, self._weights, strict=True))
        stars: Floats = (_star_features(reviews) @ self._star_weights).astype(np.float32)
        return Evidence(rows, scores, stars)

    def raw_scores(self, evidence: Evidence, first: Indices, second: Indices) -> Floats:
        """(P, L): the regression's own figures, which may leave [0, 1]."""
        total = self._mean + evidence.stars[first] + evidence.stars[second]
        for rows, scores in zip(evidence.rows, evidence.scores, strict=True):
            total = total + (scores[first] + scores[second]) / _joined_norms(rows, first, second)[:, None]
        found: Floats = total.astype(np.float32)
        return found


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the sentence teacher says of R reviews: a pair's logits are `bias` (L) + two rows (R, L)."""

    logits: npt.NDArray[np.float16]
    bias: Floats

    def marginals(self, first: Indices, second: Indices) -> Floats:
        """(P, L): the probability that each label is one of the pair's two."""
        logits = self.bias + (self.logits[first].astype(np.float32) + self.logits[second].astype(np.float32))
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        found: Floats = np.minimum(2 * powers / powers.sum(axis=1, keepdims=True), 1.0)
        return found


@dataclass(frozen=True, slots=True)
class Lessons:
    """What the teachers say of any two of R reviews; the sentence teacher's word weighs `share`."""

    linear: LinearTeacher
    evidence: Evidence
    spoken: Spoken | None
    share: float

    def marginals(self, first: Indices, second: Indices) -> Floats:
        """(P, L): the estimated probability that each label is one of the pair's two, in [0, 1].

        Figures within the regression's noise are cut to zero: hundreds would drown the few that count.
        """
        said = self.linear.raw_scores(self.evidence, first, second)
        if self.spoken is not None:
            said = (1 - self.share) * said + self.share * self.spoken.marginals(first, second)
        found: Floats = np.clip((said - NOISE) / (1 - NOISE), 0, 1)
        return found


def label_targets(pairs: Sequence[Pair], inventory: LabelInventory) -> Floats:
    """(N, L): one where the pair carries the label."""
    targets = np.zeros((len(pairs), len(inventory)), dtype=np.float32)
    for row, pair in enumerate(pairs):
        for label in pair.labels[:2]:
            if (index := inventory.index(label)) is not None:
                targets[row, index] = 1.0
    return targets


def drawn_labels(marginals: Floats, chance: np.random.Generator) -> Indices:
    """(P, 2): two different labels for each pair, drawn by their probability (Gumbel top-two)."""
    noise = chance.gumbel(size=marginals.shape).astype(np.float32)
    keys = np.log(np.maximum(marginals, 1e-6)) + noise
    return np.argpartition(-keys, 2, axis=1)[:, :2]
