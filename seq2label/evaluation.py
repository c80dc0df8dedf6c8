"""A checkpoint's figures on labelled pairs, beside its peers'."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seq2label.baselines import EXTRACTORS, FITTED, Labeller
from seq2label.checkpoint import load_metrics
from seq2label.examples import Pair, labelled_pairs, split_by_product
from seq2label.exceptions import NotEnoughData
from seq2label.inference import PredictedLabel, Tagger
from seq2label.metrics import Scores, grounded_share, mean, polarity_agreement, score
from seq2label.seen import seen_in, trained_split, unseen

Watch = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Figures:
    """The network's scores, and what only it can be asked; peers by name."""

    pairs: int
    scores: Scores
    unchanged_by_swap: float
    polarity_agrees: float | None  # None where no pair has stars on both sides
    polarity_agrees_in_reference: float | None
    grounded: float
    peers: dict[str, Scores]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Subject:
    """The pairs to evaluate on, those to fit peers on, and a sentence about where they come from."""

    pairs: tuple[Pair, ...]
    train: tuple[Pair, ...]
    said: str


def choose_pairs(file: Path, checkpoint: Path, training_file: Path | None = None) -> Subject:
    """The held-out test part when `file` is what the checkpoint was trained on, else all that is new to it.

    Peers are fitted on the training part of `training_file` where it is given. Raises NotEnoughData where
    there is nothing to measure by.
    """
    pairs = labelled_pairs(file)
    if not pairs:
        raise NotEnoughData(f"{file} holds no pairs: nothing can be measured.")
    metrics = load_metrics(checkpoint)
    if split := trained_split(file, pairs, metrics):
        said = f"{file} is the training file: only its held-out test part counts ({len(split.test)} pairs)."
        return Subject(split.test, split.train, said)
    train = split_by_product(labelled_pairs(training_file)).train if training_file else ()
    new = unseen(pairs, seen_in(metrics))
    if not new:
        raise NotEnoughData(f"The model was trained on texts of every pair of {file}: none can be counted.")
    return Subject(new, train, _said(file, len(new), len(pairs)))


def _said(file: Path, new: int, all_pairs: int) -> str:
    if new == all_pairs:
        return f"All {new} pairs of {file} count."
    return f"{new} of {all_pairs} pairs of {file} count: the model was trained on texts of the others."


def evaluate(tagger: Tagger, subject: Subject, *, extractors: bool, watch: Watch) -> Figures:
    """Score the network and every peer on the same pairs; `watch` hears each name as it begins."""
    pairs = subject.pairs
    watch("Seq2Label")
    labels = tagger.label_pairs([(pair.a, pair.b) for pair in pairs], always_two=True)
    watch("Seq2Label, swapped")
    swapped = tagger.label_pairs([(pair.b, pair.a) for pair in pairs], always_two=True)
    predicted = {pair.id: _texts(found) for pair, found in zip(pairs, labels, strict=True)}
    polarities = {
        pair.id: [label.polarity for label in found] for pair, found in zip(pairs, labels, strict=True)
    }
    reference = {pair.id: [tagger.label_polarity(label) for label in pair.labels] for pair in pairs}
    return Figures(
        pairs=len(pairs),
        scores=score(pairs, predicted),
        unchanged_by_swap=mean([float(_texts(a) == _texts(b)) for a, b in zip(labels, swapped, strict=True)]),
        polarity_agrees=polarity_agreement(pairs, polarities),
        polarity_agrees_in_reference=polarity_agreement(pairs, reference),
        grounded=grounded_share(
            pairs, predicted, lambda label: tagger.network.inventory.index(label) is not None
        ),
        peers={name: _score_peer(peer, pairs) for name, peer in _peers(subject.train, extractors, watch)},
    )


def _texts(labels: Sequence[PredictedLabel]) -> list[str]:
    return [label.text for label in labels]


def _peers(train: Sequence[Pair], extractors: bool, watch: Watch) -> list[tuple[str, Labeller]]:
    peers = []
    for name, fit in FITTED.items() if train else ():
        watch(name)
        peers.append((name, fit(train)))
    for name, make in EXTRACTORS.items() if extractors else ():
        watch(name)
        peers.append((name, make()))
    return peers


def _score_peer(peer: Labeller, pairs: Sequence[Pair]) -> Scores:
    return score(pairs, dict(zip((pair.id for pair in pairs), peer(pairs), strict=True)))
