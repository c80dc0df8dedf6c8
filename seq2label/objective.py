"""The losses: labels' two orders count once, and labels' probabilities count as a whole.

Letters: P pairs, T symbols, V outputs, L labels.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from seq2label.model import BETWEEN_SYMBOL, END_SYMBOL

NOTHING = -1
"""Fills targets behind the end mark."""


class SequenceTargets:
    """Symbols of two labels in a given order, for any pair of label indices."""

    def __init__(self, labels: Sequence[Sequence[int]]) -> None:
        longest = max(map(len, labels))
        self._width = 2 * (longest + 1)
        self._symbols = [list(symbols) for symbols in labels]

    def of(self, labels: Sequence[tuple[int, int]]) -> Tensor:
        """(P, T) targets for (first, second) label indices."""
        targets = torch.full((len(labels), self._width), NOTHING)
        for row, (first, second) in enumerate(labels):
            said = [*self._symbols[first], BETWEEN_SYMBOL, *self._symbols[second], END_SYMBOL]
            targets[row, : len(said)] = torch.tensor(said)
        return targets[:, : int((targets != NOTHING).sum(dim=1).max())]


def sequence_loss(logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """(P): mean cross-entropy of each pair's symbols, logits (P, T, V) against targets (P, T)."""
    losses = F.cross_entropy(
        logits.float().flatten(0, 1),
        targets.flatten(),
        ignore_index=NOTHING,
        reduction="none",
        label_smoothing=smoothing,
    ).view_as(targets)  # (P, T)
    return losses.sum(dim=1) / (targets != NOTHING).sum(dim=1)


def permutation_loss(one_order: Tensor, other_order: Tensor) -> Tensor:
    """The mean over pairs of the smaller loss (P) of the two orders: order carries no meaning."""
    return torch.minimum(one_order, other_order).mean()


def marginal_loss(logits: Tensor, marginals: Tensor) -> Tensor:
    """Cross-entropy of label logits (P, L) against marginals (P, L) scaled to sum to one."""
    share = marginals / marginals.sum(dim=1, keepdim=True).clamp(min=1e-6)  # (P, L)
    return -(share * logits.float().log_softmax(dim=1)).sum(dim=1).mean()
