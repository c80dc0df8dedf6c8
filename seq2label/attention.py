"""Luong attention (Luong et al. 2015, equations 7 and 8: “dot” and “general”) over two reviews' states.

Letters: B pairs, S words of both reviews, H hidden.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seq2label.config import ModelConfig


@dataclass(frozen=True, slots=True)
class Memory:
    """What the decoder may look at: values and keys (B, S, 2H), mask (B, S) true on words."""

    values: Tensor
    keys: Tensor
    mask: Tensor

    def repeat(self, times: int) -> "Memory":
        """Each pair's memory `times` times in a row, one for every hypothesis of a beam."""
        values, keys, mask = (
            part.repeat_interleave(times, dim=0) for part in (self.values, self.keys, self.mask)
        )
        return Memory(values, keys, mask)


class Attention(nn.Module):
    """Scores each word for a query; nothing in it knows which review, or where, a word stands."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = 2 * config.hidden
        self.key = nn.Linear(width, width, bias=False) if config.attention == "general" else nn.Identity()

    def remember(self, values: Tensor, mask: Tensor) -> Memory:
        """Compute the keys of values (B, S, 2H) once for all steps."""
        return Memory(values, self.key(values), mask)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Query (B, 2H) → context (B, 2H), weights (B, S) that sum to one."""
        scores = torch.bmm(memory.keys, query.unsqueeze(2)).squeeze(2)  # (B, S)
        weights = scores.float().masked_fill(~memory.mask, -torch.inf).softmax(dim=1)  # (B, S)
        context = torch.bmm(weights.to(memory.values.dtype).unsqueeze(1), memory.values).squeeze(1)  # (B, 2H)
        return context, weights
