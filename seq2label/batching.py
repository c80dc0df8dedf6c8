"""Reviews of unlike lengths as one padded tensor, grouped so that little is padding."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class ReviewBatch:
    """R reviews: tokens (R, S) padded with 0, lengths (R) where 0 stands for an empty review."""

    tokens: Tensor
    lengths: Tensor

    def to(self, device: torch.device) -> "ReviewBatch":
        """The same batch on a device; lengths stay on the CPU, where packing needs them."""
        return ReviewBatch(self.tokens.to(device, non_blocking=True), self.lengths)


def pad(reviews: Sequence[Sequence[int]]) -> ReviewBatch:
    """Stack id lists of unlike lengths."""
    lengths = torch.tensor([len(review) for review in reviews])  # (R)
    tokens = torch.zeros(len(reviews), max(1, int(lengths.max())), dtype=torch.long)  # (R, S)
    for row, review in enumerate(reviews):
        tokens[row, : len(review)] = torch.tensor(review, dtype=torch.long)
    return ReviewBatch(tokens, lengths)


def bucketed(lengths: Sequence[int], size: int, chance: random.Random) -> list[list[int]]:
    """Shuffled batches of indices of like length: a new arrangement for every state of `chance`."""
    noisy = sorted(range(len(lengths)), key=lambda index: lengths[index] + chance.random() * 8)
    batches = [noisy[start : start + size] for start in range(0, len(noisy), size)]
    chance.shuffle(batches)
    return batches
