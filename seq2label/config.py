"""Settings of the model and of its training: frozen, typed, and closed to unknown keys."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from seq2label.exceptions import ConfigError


@dataclass(frozen=True, slots=True)
class _Config:
    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from exactly the known keys; raises `ConfigError` otherwise."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ConfigError(f"{cls.__name__} does not know {', '.join(unknown)}.")
        if missing := sorted(known - set(values)):
            raise ConfigError(f"{cls.__name__} lacks {', '.join(missing)}.")
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """All settings by name, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ModelConfig(_Config):
    """Sizes of the network. H is `hidden`; the encoder's states are 2H wide.

    `max_words` leaves room for the marks and the halves of hyphenated words among 110 words.
    """

    embedding: int = 100
    hidden: int = 64
    summary: int = 192
    topics: int = 128
    attention: str = "general"
    dropout: float = 0.15
    max_words: int = 140

    def __post_init__(self) -> None:
        if self.attention not in {"dot", "general"}:
            raise ConfigError(f"attention is “dot” or “general”, not “{self.attention}”.")
        if min(self.embedding, self.hidden, self.summary, self.topics, self.max_words) < 1:
            raise ConfigError("embedding, hidden, summary, topics and max_words are at least 1.")
        if not 0 <= self.dropout < 1:
            raise ConfigError("dropout lies in [0, 1).")


@dataclass(frozen=True, slots=True)
class SearchConfig(_Config):
    """How labels are chosen from what the network says.

    `decoder_share` is how much the decoder's marginals weigh beside the evidence head's;
    `threshold` is the probability under which a label of a single review, or a second label,
    is not said aloud.
    """

    beam: int = 6
    decoder_share: float = 0.3
    threshold: float = 0.12


@dataclass(frozen=True, slots=True)
class TrainingConfig(_Config):
    """One training run. Epoch counts are upper bounds; fine-tuning stops early.

    `teacher_share` is the sentence teacher's, beside the regression's.
    `spoken_share` of the pairs of weak learning go through the decoder, which costs the most.
    """

    weak_epochs: int = 10
    epochs: int = 10
    patience: int = 2
    batch_reviews: int = 96
    pairs_per_review: float = 4.0
    learning_rate: float = 1.5e-3
    fine_learning_rate: float = 2e-4
    spoken_share: float = 0.25
    label_smoothing: float = 0.1
    single_share: float = 0.15
    star_dropout: float = 0.15
    word_dropout: float = 0.05
    clip: float = 1.0
    averaging: float = 0.99
    min_word_count: int = 3
    word_vector_epochs: int = 6
    ridge: float = 0.8
    star_weight: float = 0.3
    sharpness: float = 10.0
    permuted: bool = True
    distilled: bool = True
    sentence_teacher: bool = True
    teacher_epochs: int = 3
    teacher_learning_rate: float = 1e-4
    teacher_share: float = 0.4
    seed: int = 7
