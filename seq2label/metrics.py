"""How good labels are: exact-F1 and token-F1 at 2, duplicates, polarity, grounding.

Two labels are equal when their words are, after lower-casing, dropping punctuation and Porter
stemming. All figures are means over pairs, in [0, 1]; with two raters, the mean over both.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from seq2label.examples import Pair
from seq2label.vocabulary import label_key, tokenize

Similarity = Callable[[str, str], float]
Predictions = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """exact_f1 and token_f1 at two labels."""

    exact_f1: float
    token_f1: float


@dataclass(frozen=True, slots=True)
class Scores:
    """One labeller's figures; `ceiling` is the second rater against the first, where there is one."""

    agreement: Agreement
    duplicates: float
    covered: float
    ceiling: Agreement | None


def exact_similarity(one: str, other: str) -> float:
    """1 when both labels have the same stemmed words."""
    return float(bool(label_key(one)) and label_key(one) == label_key(other))


def token_similarity(one: str, other: str) -> float:
    """F1 of the stemmed words the two labels share."""
    a, b = label_key(one), label_key(other)
    if not a or not b:
        return 0.0
    shared = sum(min(a.count(word), b.count(word)) for word in set(a))
    return 2 * shared / (len(a) + len(b))


def matched_f1(predicted: Sequence[str], expected: Sequence[str], similarity: Similarity) -> float:
    """The best one-to-one matching of the first two predictions; F1 of the summed similarity."""
    predicted = predicted[:2]
    if not predicted or not expected:
        return 0.0
    longer, shorter = (predicted, expected) if len(predicted) >= len(expected) else (expected, predicted)
    best = max(
        sum(similarity(a, b) for a, b in zip(order, shorter, strict=True))
        for order in permutations(longer, len(shorter))
    )
    return 2 * best / (len(predicted) + len(expected))


def score(pairs: Sequence[Pair], predicted: Predictions) -> Scores:
    """Compare predictions by pair id with the pairs' labels; a missing prediction scores 0."""
    return Scores(
        agreement=Agreement(
            _over_raters(pairs, predicted, exact_similarity), _over_raters(pairs, predicted, token_similarity)
        ),
        duplicates=mean([float(_is_duplicate(labels[:2])) for labels in predicted.values()]),
        covered=mean([float(pair.id in predicted) for pair in pairs]),
        ceiling=_ceiling([pair for pair in pairs if pair.second_labels]),
    )


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean; 0 of nothing."""
    return sum(values) / len(values) if values else 0.0


def _over_raters(pairs: Sequence[Pair], predicted: Predictions, similarity: Similarity) -> float:
    by_rater = []
    for rated in ([(p.id, p.labels) for p in pairs], [(p.id, p.second_labels) for p in pairs]):
        figures = [matched_f1(predicted.get(key, ()), labels, similarity) for key, labels in rated if labels]
        if figures:
            by_rater.append(mean(figures))
    return mean(by_rater)


def _ceiling(pairs: Sequence[Pair]) -> Agreement | None:
    if not pairs:
        return None
    exact, token = (
        mean([matched_f1(pair.second_labels, pair.labels, similarity) for pair in pairs])
        for similarity in (exact_similarity, token_similarity)
    )
    return Agreement(exact, token)


def _is_duplicate(labels: Sequence[str]) -> bool:
    return len(labels) == 2 and label_key(labels[0]) == label_key(labels[1])


def polarity_agreement(pairs: Sequence[Pair], polarities: Mapping[str, Sequence[int]]) -> float | None:
    """The share of labels with a side whose side the stars of at least one review bear out.

    Praise needs a review of 4 or 5 stars, blame one of 4 or fewer (nobody who gives 4 is without
    a complaint). Pairs in which a review's stars are unknown are left out: it may hold the opinion.
    None where that leaves nothing.
    """
    verdicts = []
    for pair in pairs:
        stars = [side.stars for side in (pair.a, pair.b) if side.stars is not None]
        for polarity in polarities.get(pair.id, ()) if len(stars) == 2 else ():
            if polarity:
                verdicts.append(float(max(stars) >= 4 if polarity > 0 else min(stars) <= 4))
    return mean(verdicts) if verdicts else None


def grounded_share(pairs: Sequence[Pair], predicted: Predictions, known: Callable[[str], bool]) -> float:
    """The share of labels that are in the label vocabulary or whose words all stand in the reviews."""
    verdicts: list[float] = []
    for pair in pairs:
        words = {*tokenize(pair.a.text), *tokenize(pair.b.text)}
        verdicts.extend(
            float(known(label) or set(label.split()) <= words) for label in predicted.get(pair.id, ())[:2]
        )
    return mean(verdicts)
