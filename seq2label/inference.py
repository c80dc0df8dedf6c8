"""Labels for pairs of reviews from a trained network, and for single reviews too.

Letters: P pairs, K hypotheses, L labels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from seq2label.batching import pad
from seq2label.checkpoint import Network, load_checkpoint
from seq2label.examples import ReviewText
from seq2label.grounding import Grounding, Grounds
from seq2label.model import Readings
from seq2label.search import Trie, beam_search

__all__ = ["DEFAULT_CHECKPOINT", "PredictedLabel", "ReviewText", "Tagger"]

DEFAULT_CHECKPOINT = Path(__file__).resolve().parent / "checkpoints" / "default"

Encoded = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PredictedLabel:
    """A label, its probability in [0, 1], that of either review saying it alone, and its side."""

    text: str
    score: float
    on_a: float
    on_b: float
    polarity: int

    @property
    def share_a(self) -> float:
        """How much of the evidence lies in review A, 0 to 1; a half where neither says it alone."""
        both = self.on_a + self.on_b
        return self.on_a / both if both else 0.5


class Tagger:
    """Labels pairs of reviews; a review that stands in many pairs of a batch is read once."""

    def __init__(self, network: Network, model_version: str, device: torch.device) -> None:
        self.network = network
        self.model_version = model_version
        self._device = device
        self._model = network.model.to(device).eval()
        symbols = [network.vocabulary.encode_label(label.text) for label in network.inventory.labels]
        self._trie = Trie.build(symbols, network.vocabulary.outputs).to(device)
        self._grounding = Grounding(network.vocabulary, network.inventory, network.search)

    @classmethod
    def load(cls, directory: Path, device: str = "cpu", *, threads: int | None = None) -> "Tagger":
        """Read a checkpoint directory; raises `CheckpointError` with what is wrong with it.

        The process computes in so many threads from then on, or in as many as torch chooses.
        """
        network, version = load_checkpoint(directory)
        if threads is not None:
            torch.set_num_threads(threads)
        return cls(network, version, torch.device(device))

    def label_polarity(self, label: str) -> int:
        """-1, 0 or 1; 0 for a label the model does not know."""
        index = self.network.inventory.index(label)
        return 0 if index is None else self.network.inventory.labels[index].polarity

    def label_pairs(
        self,
        pairs: Sequence[tuple[ReviewText, ReviewText]],
        batch_size: int = 64,
        *,
        most: int = 2,
        always_two: bool = False,
    ) -> list[tuple[PredictedLabel, ...]]:
        """Up to `most` labels for each pair, the likeliest first; none where both reviews are empty.

        A label under the threshold is left unsaid, unless `always_two`; a pair of two reviews always
        has its first.
        """
        most = min(most, len(self.network.inventory))
        found: list[tuple[PredictedLabel, ...]] = [()] * len(pairs)
        encoded = [self._encode_pair(pair) for pair in pairs]
        filled = [place for place, pair in enumerate(encoded) if any(pair)]
        filled.sort(key=lambda place: max(map(len, encoded[place])))
        for start in range(0, len(filled), batch_size):
            places = filled[start : start + batch_size]
            labelled = self._label_batch([encoded[place] for place in places], most, always_two)
            for place, labels in zip(places, labelled, strict=True):
                found[place] = labels
        return found

    def _encode_pair(self, pair: tuple[ReviewText, ReviewText]) -> tuple[Encoded, Encoded]:
        words, limit = self.network.vocabulary, self._model.config.max_words
        one, other = (tuple(words.encode_review(side.text, side.stars, limit)) for side in pair)
        return one, other

    @torch.inference_mode()
    def _label_batch(
        self, pairs: Sequence[tuple[Encoded, Encoded]], most: int, always_two: bool
    ) -> Iterator[tuple[PredictedLabel, ...]]:
        """The two reviews of a pair go in by their content, so that swapping them changes no digit."""
        reviews = sorted({(), *(side for pair in pairs for side in pair)}, key=lambda ids: (len(ids), ids))
        row = {review: index for index, review in enumerate(reviews)}
        ordered = torch.tensor([sorted((row[one], row[other])) for one, other in pairs], device=self._device)
        readings = self._model.read(pad(reviews).to(self._device))
        grounds = self._grounding.look(reviews).to(self._device)
        marginals = self._grounding.adjusted(
            self._marginals(readings, ordered[:, 0], ordered[:, 1]), grounds, ordered[:, 0], ordered[:, 1]
        )
        alone = self._alone(readings, grounds)
        best = marginals.topk(most, dim=1)
        return iter(
            [
                self._chosen(
                    best.values[place], best.indices[place], alone[row[one]], alone[row[other]], always_two
                )
                for place, (one, other) in enumerate(pairs)
            ]
        )

    def _marginals(self, readings: Readings, first: Tensor, second: Tensor) -> Tensor:
        """(P, L): each label's probability of being one of the two, by both voices of the network.

        Two labels with the highest marginals are the pair with the highest expected F1.
        """
        search = self.network.search
        summary = self._model.joined(readings.summary[first], readings.summary[second])
        weighed = self._model.marginals(summary)
        if not search.decoder_share:
            return weighed
        memory = self._model.remember(readings, first, second)
        spoken = beam_search(self._model.decoder, summary, memory, self._trie, search.beam)
        said = spoken.marginals(len(self.network.inventory))
        return (1 - search.decoder_share) * weighed + search.decoder_share * said

    def _alone(self, readings: Readings, grounds: Grounds) -> Tensor:
        """(R, L): each label's probability from one review alone; zero for the empty one."""
        nobody = torch.zeros_like(readings.summary)
        weighed = self._model.marginals(self._model.joined(readings.summary, nobody))
        return self._grounding.alone(weighed, grounds)

    def _chosen(
        self, scores: Tensor, labels: Tensor, alone_a: Tensor, alone_b: Tensor, always_two: bool
    ) -> tuple[PredictedLabel, ...]:
        is_single = not (bool(alone_a.any()) and bool(alone_b.any()))
        chosen = []
        for place, (score, index) in enumerate(zip(scores.tolist(), labels.tolist(), strict=True)):
            certain = place < 2 if always_two else place == 0 and not is_single
            if certain or score >= self.network.search.threshold:
                on_a, on_b = float(alone_a[index]), float(alone_b[index])
                label = self.network.inventory.labels[index]
                chosen.append(PredictedLabel(label.text, min(1.0, score), on_a, on_b, label.polarity))
        return tuple(chosen)
