"""Text to words, words to ids, and the label inventory that decoding is confined to."""

import html
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from gensim.parsing.porter import PorterStemmer

from seq2label.exceptions import ConfigError
from seq2label.polarity import polarity

PAD, UNKNOWN = "<pad>", "<unk>"
UNKNOWN_STARS = "<?>"
STARS = ("<1>", "<2>", "<3>", "<4>", "<5>", UNKNOWN_STARS)
START, BETWEEN, END = "<bos>", "<sep>", "<eos>"
SPECIALS = (PAD, UNKNOWN, *STARS, START, BETWEEN, END)
OUTPUT_OFFSET = SPECIALS.index(START)
"""Where the decoder's own words begin: the three marks above, then the words of labels."""

_TAG = re.compile(r"<[^>]{0,200}>")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|[0-9]+|[!?]")
_LABEL_WORD = re.compile(r"[a-z0-9']+")
_stem = lru_cache(maxsize=20_000)(PorterStemmer().stem)


def plain(text: str) -> str:
    """The text without HTML tags and entities (reviews escape them once or twice)."""
    return _TAG.sub(" ", html.unescape(html.unescape(_TAG.sub(" ", text)))).replace("’", "'")


def tokenize(text: str) -> list[str]:
    """Lower-case words, numbers and the two marks that carry feeling."""
    return _WORD.findall(plain(text).lower())


def label_key(label: str) -> tuple[str, ...]:
    """The stemmed words of a label: labels with equal keys count as the same label."""
    return tuple(_stem(word) for word in _LABEL_WORD.findall(label.lower()))


@dataclass(frozen=True)
class Vocabulary:
    """Words in id order: the marks, the `label_words` words of labels, then the rest."""

    words: tuple[str, ...]
    label_words: int

    def __post_init__(self) -> None:
        if self.words[: len(SPECIALS)] != SPECIALS or len(set(self.words)) != len(self.words):
            raise ConfigError("The vocabulary does not begin with its marks, or repeats a word.")

    @classmethod
    def build(cls, texts: Iterable[Sequence[str]], labels: Iterable[str], min_count: int) -> "Vocabulary":
        """Count words of tokenised texts; every word of a label has a place."""
        counts = Counter(word for text in texts for word in text)
        spoken = sorted({word for label in labels for word in label.split()})
        known = {*SPECIALS, *spoken}
        frequent = (word for word, count in counts.most_common() if count >= min_count and word not in known)
        ordered = sorted(frequent, key=lambda word: (-counts[word], word))
        return cls((*SPECIALS, *spoken, *ordered), len(spoken))

    @cached_property
    def ids(self) -> dict[str, int]:
        """Word to id."""
        return {word: index for index, word in enumerate(self.words)}

    @property
    def outputs(self) -> int:
        """How many symbols the decoder can say."""
        return len(SPECIALS) - OUTPUT_OFFSET + self.label_words

    def encode_review(self, text: str, stars: int | None, max_words: int) -> list[int]:
        """Ids of the star mark and the first `max_words` words; nothing for a text without words."""
        words = tokenize(text)[:max_words]
        mark = f"<{stars}>" if stars else UNKNOWN_STARS
        unknown = self.ids[UNKNOWN]
        return [self.ids[mark], *(self.ids.get(word, unknown) for word in words)] if words else []

    def encode_label(self, label: str) -> tuple[int, ...]:
        """The label as the decoder's symbols (ids from `OUTPUT_OFFSET`)."""
        return tuple(self.ids[word] - OUTPUT_OFFSET for word in label.split())


@dataclass(frozen=True, slots=True)
class Label:
    """One label the model can give; `polarity` is the sign of the stars it is seen with."""

    text: str
    count: int
    polarity: int


class LabelInventory:
    """The mined labels, one wording for each stemmed key, most frequent first."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self.labels = tuple(labels)
        self._index = {label_key(label.text): index for index, label in enumerate(self.labels)}

    def __len__(self) -> int:
        return len(self.labels)

    def index(self, text: str) -> int | None:
        """The place of the label with the same key, if there is one."""
        return self._index.get(label_key(text))

    @classmethod
    def mine(cls, labelled: Iterable[tuple[Sequence[str], Sequence[int | None]]]) -> "LabelInventory":
        """Count labels, each with the stars of the reviews it was written for."""
        wordings: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        stars_seen: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for texts, stars in labelled:
            for text in texts:
                wordings[label_key(text)][" ".join(text.lower().split())] += 1
                stars_seen[label_key(text)].extend(star for star in stars if star is not None)
        labels = []
        for key, counts in wordings.items():
            wording = min(counts, key=lambda text: (-counts[text], text))
            labels.append(Label(wording, counts.total(), polarity(wording, stars_seen[key])))
        return cls(sorted(labels, key=lambda label: (-label.count, label.text)))
