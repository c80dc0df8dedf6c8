"""Greedy and beam search over two labels, confined to a trie of known labels, never the same twice.

Letters: P pairs, K hypotheses, V symbols, N trie nodes, L labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seq2label.attention import Memory
from seq2label.decoder import Decoder, DecoderState
from seq2label.model import BETWEEN_SYMBOL, END_SYMBOL, START_SYMBOL

ABSENT = -1


@dataclass(frozen=True, slots=True)
class Trie:
    """Labels by their symbols. child (N, V): next node; ends (N): the label that is whole here;
    sole (N): the one label at or under the node, if there is only one. `ABSENT` where there is none.
    """

    child: Tensor
    ends: Tensor
    sole: Tensor
    longest: int

    @classmethod
    def build(cls, labels: Sequence[Sequence[int]], outputs: int) -> "Trie":
        """Label i is the symbol sequence labels[i]; sequences are distinct and not empty."""
        children: list[dict[int, int]] = [{}]
        ends, below = [ABSENT], [set(range(len(labels)))]
        for index, symbols in enumerate(labels):
            node = 0
            for symbol in symbols:
                if symbol not in children[node]:
                    children[node][symbol] = len(children)
                    children.append({})
                    ends.append(ABSENT)
                    below.append(set())
                node = children[node][symbol]
                below[node].add(index)
            ends[node] = index
        child = torch.full((len(children), outputs), ABSENT)
        for node, following in enumerate(children):
            for symbol, target in following.items():
                child[node, symbol] = target
        sole = torch.tensor([next(iter(under)) if len(under) == 1 else ABSENT for under in below])
        return cls(child, torch.tensor(ends), sole, max(map(len, labels)))

    def to(self, device: torch.device) -> "Trie":
        """The same trie on a device."""
        return Trie(self.child.to(device), self.ends.to(device), self.sole.to(device), self.longest)

    def allowed(self, node: Tensor, first: Tensor) -> Tensor:
        """Symbols (M, V) that may follow at nodes (M), `first` (M) being the label already said."""
        child = self.child[node]  # (M, V)
        said = first.unsqueeze(1)  # (M, 1)
        repeats = (self.sole[child.clamp(min=0)] == said) & (said != ABSENT)
        allowed = (child != ABSENT) & ~repeats
        whole = self.ends[node] != ABSENT
        allowed[:, BETWEEN_SYMBOL] = whole & (first == ABSENT)
        allowed[:, END_SYMBOL] = whole & (first != ABSENT) & (self.ends[node] != first)
        return allowed


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """labels (P, K, 2), best first; log_probability (P, K), -inf where fewer than K exist."""

    labels: Tensor
    log_probability: Tensor

    def marginals(self, labels: int) -> Tensor:
        """(P, L): the share of probability, among the hypotheses, of those that hold each label."""
        weights = self.log_probability.softmax(dim=1)  # (P, K)
        found = torch.zeros(len(weights), labels, device=weights.device)
        for place in range(2):
            found.scatter_add_(1, self.labels[:, :, place].clamp(min=0), weights)
        return found


@dataclass(slots=True)
class _Beam:
    """P·K hypotheses on the way: what each has said, where it stands, what it scored."""

    score: Tensor  # (P, K)
    symbol: Tensor  # (P·K)
    node: Tensor  # (P·K)
    labels: Tensor  # (P·K, 2)
    state: DecoderState

    @property
    def finished(self) -> Tensor:
        return self.labels[:, 1] != ABSENT  # (P·K)


def beam_search(decoder: Decoder, summary: Tensor, memory: Memory, trie: Trie, width: int) -> Hypotheses:
    """The `width` most probable sequences of two labels for each pair; width 1 is greedy search."""
    pairs = len(summary)
    repeated = memory.repeat(width)
    beam = _first_beam(decoder, summary, width)
    for _ in range(2 * (trie.longest + 1)):
        logits, state, _ = decoder.step(beam.symbol, beam.state, repeated)
        beam = _advance(beam, _continuations(logits.float(), beam, trie), state, trie)
        if bool(beam.finished.all()):
            break
    return Hypotheses(beam.labels.view(pairs, width, 2), beam.score)


def _first_beam(decoder: Decoder, summary: Tensor, width: int) -> _Beam:
    rows = len(summary) * width
    device = summary.device
    score = torch.full((len(summary), width), -torch.inf, device=device)
    score[:, 0] = 0.0  # the others start as copies, which must not count
    return _Beam(
        score=score,
        symbol=torch.full((rows,), START_SYMBOL, device=device),
        node=torch.zeros(rows, dtype=torch.long, device=device),
        labels=torch.full((rows, 2), ABSENT, device=device),
        state=decoder.start(summary.repeat_interleave(width, dim=0)),
    )


def _continuations(logits: Tensor, beam: _Beam, trie: Trie) -> Tensor:
    """Log-probabilities (P·K, V) over the symbols allowed; a finished hypothesis only ends again."""
    allowed = trie.allowed(beam.node, beam.labels[:, 0])
    finished = beam.finished
    allowed[finished] = False
    allowed[finished, END_SYMBOL] = True
    return logits.masked_fill(~allowed, -torch.inf).log_softmax(dim=1)


def _advance(beam: _Beam, steps: Tensor, state: DecoderState, trie: Trie) -> _Beam:
    pairs, width = beam.score.shape
    symbols = steps.size(1)
    total = beam.score.unsqueeze(2) + steps.view(pairs, width, symbols)  # (P, K, V)
    score, place = total.view(pairs, -1).topk(width, dim=1)  # (P, K)
    offset = torch.arange(pairs, device=place.device).unsqueeze(1) * width
    source = (offset + place // symbols).view(-1)  # (P·K)
    symbol = (place % symbols).view(-1)  # (P·K)
    before = beam.finished[source]
    labels = _noted(beam.labels[source], trie.ends[beam.node[source]], symbol, before)
    node = trie.child[beam.node[source], symbol].clamp(min=0)  # a closed label starts again at the root
    node = torch.where(before, beam.node[source], node)
    return _Beam(score, symbol, node, labels, state.select(source))


def _noted(labels: Tensor, whole: Tensor, symbol: Tensor, before: Tensor) -> Tensor:
    """Write down the label that a mark has just closed."""
    first = torch.where(symbol == BETWEEN_SYMBOL, whole, labels[:, 0])
    second = torch.where((symbol == END_SYMBOL) & ~before, whole, labels[:, 1])
    return torch.stack([first, second], dim=1)
