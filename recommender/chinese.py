"""Chinese without a word list: text as characters and overlapping pairs of them.

Chinese writes no spaces. Pairs find nearly what words would find (Nie et al., 2000) and need no dictionary;
single characters find the many goods that are called by one: tea, rice, oil.
"""

import re
from collections.abc import Iterator

_HAN = re.compile(r"[\u3400-\u9fff]+")
# Characters of grammar and of asking, which say nothing of the goods.
EMPTY = frozenset(
    "的了是我你他她它们想要来去有没不很太会能可以吗呢吧啊一个些点种那这什么给和与或就都也还再又请帮找做当用吃喝买适合东西"
)
# Of these, what is part of no name of goods: a pair with one of them is two words that met.
_BETWEEN_WORDS = frozenset("的了是我你他她它们吗呢吧啊那这什么与或就也还再又后")
_NAMES = frozenset(("可可",))  # made of nothing but such characters


def is_chinese(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return _HAN.search(text) is not None


def terms(text: str) -> Iterator[str]:
    """Each character, and each pair of neighbours, of each run of them."""
    for run in _HAN.findall(text):
        yield from run
        yield from (run[start : start + 2] for start in range(len(run) - 1))


def han_words(text: str) -> list[str]:
    """The first two characters of each run: what is named to be left out is seldom longer."""
    return [run[:2] for run in _HAN.findall(text)]


def asked_terms(text: str) -> list[str]:
    """What a request can be searched by: its terms, but those of grammar and those across a word of it."""
    return [term for term in dict.fromkeys(terms(text)) if term in _NAMES or _is_telling(term)]


def _is_telling(term: str) -> bool:
    return not EMPTY.issuperset(term) and _BETWEEN_WORDS.isdisjoint(term)
