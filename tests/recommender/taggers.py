"""Stand-ins for the trained model, which read words instead of meaning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seq2label.examples import ReviewText
from seq2label.inference import PredictedLabel

VOCABULARY = {
    "tasty": ("great taste", 1),
    "crunchy": ("crunchy", 1),
    "cheap": ("great value", 1),
    "sugary": ("too sweet", -1),
    "torn": ("poor packaging", -1),
    "worms": ("contaminated", -1),
    "light": ("not too sweet", 1),
    "floral": ("great aroma", 1),
}


class TaggerStopped(Exception):
    """The process of the tagger was killed, as far as the test is concerned."""


@dataclass
class WordTagger:
    """Says the label of each word that it knows; the evidence lies where the word stands."""

    vocabulary: Mapping[str, tuple[str, int]] = field(default_factory=lambda: VOCABULARY)
    model_version: str = "words-1"
    stops_after: int | None = None  # calls
    pairs: list[tuple[ReviewText, ReviewText]] = field(default_factory=list)
    calls: int = 0

    def label_pairs(
        self, pairs: Sequence[tuple[ReviewText, ReviewText]], *, most: int = 4
    ) -> list[tuple[PredictedLabel, ...]]:
        if self.calls == self.stops_after:
            raise TaggerStopped
        self.calls += 1
        self.pairs += pairs
        return [tuple(self._labels(*pair)) for pair in pairs]

    def _labels(self, one: ReviewText, other: ReviewText) -> list[PredictedLabel]:
        return [
            PredictedLabel(label, 0.9, float(word in one.text), float(word in other.text), side)
            for word, (label, side) in self.vocabulary.items()
            if word in one.text or word in other.text
        ]
