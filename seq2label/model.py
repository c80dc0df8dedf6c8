"""The whole network: read each review once, join any two readings, weigh labels, speak them.

Letters: R reviews, P pairs, S words, H hidden, D summary (K of it topics), L labels, T symbols, V outputs.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seq2label.attention import Attention, Memory
from seq2label.batching import ReviewBatch
from seq2label.config import ModelConfig
from seq2label.decoder import Decoder
from seq2label.encoder import Encoder, length_mask
from seq2label.vocabulary import SPECIALS, START

START_SYMBOL = 0
BETWEEN_SYMBOL = 1
END_SYMBOL = 2


@dataclass(frozen=True, slots=True)
class Readings:
    """R reviews as read: values (R, S, 2H), mask (R, S), summary (R, D)."""

    values: Tensor
    mask: Tensor
    summary: Tensor


class Seq2Label(nn.Module):
    """Two readings in, logits of labels and of label words out; swapping the two changes nothing."""

    def __init__(self, config: ModelConfig, words: int, outputs: int, labels: int) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(words, config.embedding, padding_idx=0)
        self.encoder = Encoder(config, self.embedding)
        self.attention = Attention(config)
        self.decoder = Decoder(config, self.embedding, self.attention, outputs)
        self.join = nn.Linear(2 * config.summary, config.summary)
        self.evidence = nn.Linear(config.summary + config.topics, labels)
        self.dropout = nn.Dropout(config.dropout)

    def read(self, batch: ReviewBatch) -> Readings:
        """Encode R reviews, each by itself."""
        values, summary = self.encoder(batch.tokens, batch.lengths)
        return Readings(values, length_mask(batch.lengths, values.size(1), values.device), summary)

    def joined(self, one: Tensor, other: Tensor) -> Tensor:
        """The summary (P, D) of two summaries (P, D): a sum and a maximum, so their order is lost."""
        width = self.config.summary
        total = one + other
        read, words = total[:, :width], total[:, width:]  # (P, D - K), (P, K)
        highest = torch.maximum(one[:, :width], other[:, :width])
        present = one[:, width:].any(dim=1).float() + other[:, width:].any(dim=1).float()  # (P)
        words = words / present.clamp(min=1).sqrt().unsqueeze(1)  # about unit length, as each review's row is
        return torch.cat([torch.tanh(self.join(torch.cat([read, highest], dim=1))), words], dim=1)

    def weigh(self, summary: Tensor) -> Tensor:
        """Logits (P, L) of the labels, among which two are to be chosen."""
        read, words = summary[:, : self.config.summary], summary[:, self.config.summary :]
        logits: Tensor = self.evidence(torch.cat([self.dropout(read), words], dim=1))
        return logits

    def marginals(self, summary: Tensor) -> Tensor:
        """(P, L): the probability that each label is one of the two, by the evidence head."""
        return (2 * self.weigh(summary).float().softmax(dim=1)).clamp(max=1.0)

    def remember(self, readings: Readings, first: Tensor, second: Tensor) -> Memory:
        """The union of the states of reviews `first` (P) and `second` (P) as one memory (P, 2S, 2H)."""
        values = torch.cat([readings.values[first], readings.values[second]], dim=1)
        return self.attention.remember(
            values, torch.cat([readings.mask[first], readings.mask[second]], dim=1)
        )

    def unroll(self, targets: Tensor, summary: Tensor, memory: Memory) -> Tensor:
        """Logits (P, T, V) for targets (P, T), each step fed the gold symbol before it."""
        state = self.decoder.start(summary)
        previous = torch.full_like(targets[:, 0], START_SYMBOL)  # (P)
        steps = []
        for position in range(targets.size(1)):
            logits, state, _ = self.decoder.step(previous, state, memory)
            steps.append(logits)
            previous = targets[:, position].clamp(min=0)
        return torch.stack(steps, dim=1)  # (P, T, V)


assert SPECIALS[-3] == START  # noqa: S101  the decoder's symbols 0, 1, 2 are the last three marks
