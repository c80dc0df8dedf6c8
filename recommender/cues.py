"""Words that stand for labels where somebody asks (cues.json), and the names of labels, by language."""

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from recommender.words import EMPTY, stems_of, words_of
from shop.label_names import chinese_names

Phrases = Mapping[tuple[str, ...], str]

PLAIN = "plain"  # stands for words that look like a cue and are none: “hot chocolate” is not hot
NEGATIONS = frozenset(
    ("not", "no", "without", "never", "isn't", "aren't", "don't", "doesn't", "nothing", "avoid")
)
_FILLERS = EMPTY - {"in", "to", "on", "of", "for", "great", "good", "taste", "tastes", "more", "it", "little"}


@cache
def cues() -> Any:
    """`labels`: by label, the words that stand for it where somebody asks, by language.

    `plain`: what looks like one of these and is none. `diets`: by label, what it leaves out. `shelves`: by
    label, how the only shelves that can answer it are called.
    """
    return json.loads((Path(__file__).parent / "cues.json").read_text(encoding="utf-8"))


def read_words(text: str) -> list[str]:
    """The words that a label, a cue or a request is read by."""
    return [word for word in words_of(text) if word not in _FILLERS or word in NEGATIONS]


@cache
def english_phrases(labels: tuple[str, ...]) -> Phrases:
    """Stems of a label or of a cue, and the label they stand for. A label's own words win."""
    told = {
        stems_of(read_words(cue)): label for label, words in cues()["labels"].items() for cue in words["en"]
    }
    told |= {stems_of(words_of(label)): label for label in (*cues()["labels"], *labels)}
    return told | {stems_of(read_words(phrase)): PLAIN for phrase in cues()["plain"]["en"]}


@cache
def chinese_phrases() -> dict[str, list[str]]:
    """Names of labels and cues for them, the longest first, each with the labels that it stands for."""
    told = [(cue, label) for label, words in cues()["labels"].items() for cue in words["zh"]]
    named = [(name, label) for label, name in chinese_names().items()]
    plain = [(phrase, PLAIN) for phrase in cues()["plain"]["zh"]]
    phrases: dict[str, list[str]] = defaultdict(list)
    for phrase, label in sorted([*plain, *told, *named], key=lambda pair: (-len(pair[0]), pair[0])):
        phrases[phrase].append(label)
    return phrases
