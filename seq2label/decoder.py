"""A GRU decoder with input feeding and tied embeddings: one step serves training and search.

Letters: B pairs, E embedding, H hidden, D summary, V symbols (three marks and the words of labels).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seq2label.attention import Attention, Memory
from seq2label.config import ModelConfig
from seq2label.vocabulary import OUTPUT_OFFSET


@dataclass(frozen=True, slots=True)
class DecoderState:
    """hidden (B, 2H) of the GRU; attentional (B, 2H), fed back into the next step."""

    hidden: Tensor
    attentional: Tensor

    def select(self, rows: Tensor) -> "DecoderState":
        """The states of some rows, in that order."""
        return DecoderState(self.hidden[rows], self.attentional[rows])


class Decoder(nn.Module):
    """Speaks labels symbol by symbol."""

    def __init__(
        self, config: ModelConfig, embedding: nn.Embedding, attention: Attention, outputs: int
    ) -> None:
        super().__init__()
        width = 2 * config.hidden
        self.embedding = embedding
        self.attention = attention
        self.outputs = outputs
        self.dropout = nn.Dropout(config.dropout)
        self.bridge = nn.Linear(config.summary + config.topics, width)
        self.gru = nn.GRUCell(config.embedding + width, width)
        self.combine = nn.Linear(2 * width, width)
        self.speak = nn.Linear(width, config.embedding, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def start(self, summary: Tensor) -> DecoderState:
        """The state before the first symbol, from the pair's summary (B, D)."""
        hidden = torch.tanh(self.bridge(summary))  # (B, 2H)
        return DecoderState(hidden, torch.zeros_like(hidden))

    def step(
        self, previous: Tensor, state: DecoderState, memory: Memory
    ) -> tuple[Tensor, DecoderState, Tensor]:
        """Previous symbols (B) → logits (B, V), the next state, attention weights (B, S)."""
        word = self.dropout(self.embedding(previous + OUTPUT_OFFSET))  # (B, E)
        hidden = self.gru(torch.cat([word, state.attentional], dim=1), state.hidden)  # (B, 2H)
        context, weights = self.attention(hidden, memory)  # (B, 2H), (B, S)
        attentional = torch.tanh(self.combine(torch.cat([context, hidden], dim=1)))  # (B, 2H)
        tied = self.embedding.weight[OUTPUT_OFFSET : OUTPUT_OFFSET + self.outputs]  # (V, E)
        logits = self.speak(self.dropout(attentional)) @ tied.T + self.bias  # (B, V)
        return logits, DecoderState(hidden, attentional), weights
