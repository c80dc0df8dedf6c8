"""A bidirectional GRU that reads each review by itself, so that one reading serves every pair.

Letters: R reviews, S source words, E embedding, H hidden, D summary (the reading's part and K topics).
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seq2label.config import ModelConfig
from seq2label.keywords import Keywords


def length_mask(lengths: Tensor, width: int, device: torch.device) -> Tensor:
    """True where a word stands: (R, S) for lengths (R)."""
    return torch.arange(width, device=device) < lengths.to(device).unsqueeze(1)


class Encoder(nn.Module):
    """Tokens (R, S), lengths (R) → values (R, S, 2H), summary (R, D); zeros for an empty review."""

    def __init__(self, config: ModelConfig, embedding: nn.Embedding) -> None:
        super().__init__()
        self.embedding = embedding
        self.dropout = nn.Dropout(config.dropout)
        self.gru = nn.GRU(config.embedding, config.hidden, batch_first=True, bidirectional=True)
        pooled = 2 * (2 * config.hidden + config.embedding)
        self.project = nn.Linear(pooled, config.summary)
        self.keywords = Keywords(embedding.num_embeddings, config.topics)

    def forward(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Read R reviews; `lengths` stays on the CPU."""
        embedded = self.dropout(self.embedding(tokens))  # (R, S, E)
        packed = pack_padded_sequence(embedded, lengths.clamp(min=1), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=tokens.size(1))
        mask = length_mask(lengths, tokens.size(1), tokens.device).unsqueeze(2)  # (R, S, 1)
        values = states * mask  # (R, S, 2H)
        reading = self._summarise(torch.cat([values, embedded], dim=2), mask)  # (R, D - K)
        return values, torch.cat([reading, self.keywords(tokens, mask.squeeze(2))], dim=1)

    def _summarise(self, states: Tensor, mask: Tensor) -> Tensor:
        """Maximum and mean over the words: keywords stand out in the one, the tone in the other."""
        occupied = mask.any(dim=1)  # (R, 1)
        highest = states.masked_fill(~mask, -torch.inf).amax(dim=1)  # (R, 2H + E)
        highest = highest.masked_fill(~occupied, 0.0)
        mean = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)  # (R, 2H + E)
        summary = torch.tanh(self.project(self.dropout(torch.cat([highest, mean], dim=1))))  # (R, D)
        return summary * occupied
