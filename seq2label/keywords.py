"""What single words say, beside the GRU's reading: a bag of weighted words in a few dimensions.

The ridge regression from TF-IDF to labels, cut to its strongest K directions, gives the first
weights; training goes on from there.

Letters: R reviews, S words, W vocabulary, N training pairs, K topics, L labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from seq2label.vocabulary import SPECIALS, STARS


class Keywords(nn.Module):
    """Tokens (R, S) → topics (R, K): the review's TF-IDF row of unit length, projected."""

    def __init__(self, words: int, topics: int) -> None:
        super().__init__()
        self.topics = nn.Embedding(words, topics, padding_idx=0)
        self.salience = nn.Embedding(words, 1, padding_idx=0)
        nn.init.normal_(self.topics.weight, std=0.05)
        nn.init.ones_(self.salience.weight)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Zeros for an empty review; repeated words count logarithmically."""
        same = (tokens.unsqueeze(2) == tokens.unsqueeze(1)) & mask.unsqueeze(1)  # (R, S, S)
        count = same.sum(dim=2).clamp(min=1)  # (R, S)
        whole = (
            self.salience(tokens).squeeze(2) * (1 + count.log()) * mask
        )  # (R, S), a word's entry in the row
        length = (whole.square() / count).sum(dim=1, keepdim=True).clamp(min=1e-6).sqrt()  # (R, 1)
        weights = whole / count / length  # (R, S)
        return torch.bmm(weights.unsqueeze(1), self.topics(tokens)).squeeze(1)  # (R, K)


@dataclass(frozen=True, slots=True)
class Directions:
    """salience (W), topics (W, K) and labels (L, K): topics @ labels.T approximates the regression."""

    salience: Tensor
    topics: Tensor
    labels: Tensor


def regressed_directions(
    reviews: Sequence[Sequence[int]], targets: np.ndarray, words: int, topics: int, ridge: float
) -> Directions:
    """Regress label targets (N, L) on word ids of 2N reviews, the two of a pair in turn."""
    rows, salience = _tfidf(reviews, words)
    joined = rows[0::2] + rows[1::2]
    lengths = np.sqrt(np.asarray(joined.multiply(joined).sum(axis=1)).ravel())
    joined = sparse.diags(1 / np.maximum(lengths, 1e-6)) @ joined
    kernel = (joined @ joined.T).toarray()  # (N, N)
    dual = np.linalg.solve(kernel + ridge * np.eye(len(kernel)), targets - targets.mean(axis=0))
    left, strength, right = np.linalg.svd(joined.T @ dual, full_matrices=False)
    kept = min(topics, len(strength))
    scale = np.sqrt(strength[:kept])
    topic_rows, label_rows = np.zeros((words, topics)), np.zeros((targets.shape[1], topics))
    topic_rows[:, :kept], label_rows[:, :kept] = left[:, :kept] * scale, right[:kept].T * scale
    as_tensor = (torch.from_numpy(part.astype(np.float32)) for part in (salience, topic_rows, label_rows))
    return Directions(*as_tensor)


def _tfidf(reviews: Sequence[Sequence[int]], words: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Unit rows (2N, W) and each word's salience (its inverse document frequency; stars count little)."""
    places = [(row, word) for row, review in enumerate(reviews) for word in review]
    index = np.array(places, dtype=np.int64).reshape(-1, 2)
    counts = sparse.csr_matrix((np.ones(len(index)), (index[:, 0], index[:, 1])), shape=(len(reviews), words))
    counts.sum_duplicates()
    found = np.bincount(counts.indices, minlength=words)
    salience = np.log((1 + len(reviews)) / (1 + found)) + 1
    salience[SPECIALS.index(STARS[0]) : SPECIALS.index(STARS[-1]) + 1] = 2.0
    salience[:2] = 0.0
    counts.data = (1 + np.log(counts.data)) * salience[counts.indices]
    lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    return (sparse.diags(1 / np.maximum(lengths, 1e-6)) @ counts).tocsr(), salience
