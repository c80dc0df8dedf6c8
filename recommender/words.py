"""English words of a request: which carry meaning, and what their stems are."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from snowballstemmer import stemmer

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|[0-9]+")
_stemmer = stemmer("english")

# Words of grammar and of asking, which say nothing of the goods.
_EMPTY = """
    a about after all also am an and any anything are as at be been before bit but buy by can could d day
    did do does eat eating for from get give going good got great had has have he her here him his how i i'd
    i'm if in into is it it's its just kind like little ll look looking love make me more most much my need
    nice of on one or our out please quite really recommend s she show so some somebody someone something
    sort such suggest t taste tastes than that that's the their them then there these they thing things this
    those to up us use ve very want we what when where which while who will with would you your
"""
EMPTY = frozenset(_EMPTY.split())
SHORTEST_SPELT, LONGEST_SPELT = 4, 64  # letters of a word that may be mistyped; a shorter one is only short


def words_of(sentence: str) -> list[str]:
    """Lower-case words and numbers, in order; a purée is a puree, as people type it, and Tom's is Tom."""
    plain = unicodedata.normalize("NFKD", sentence.lower().replace("’", "'"))
    words = _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
    return [word if word in EMPTY else word.removesuffix("'s") for word in words]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    found: str = _stemmer.stemWord(word)
    return found


def stems_of(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(stem, words))


def content_words(sentence: str) -> list[str]:
    """The words that carry meaning, each once."""
    return list(dict.fromkeys(word for word in words_of(sentence) if word not in EMPTY and "'" not in word))


def is_spelt(word: str) -> bool:
    """Whether it is one that can be mistyped: of letters alone, and of enough."""
    return word.isalpha() and SHORTEST_SPELT <= len(word) <= LONGEST_SPELT


def spelt_words(text: str) -> list[str]:
    """Those that can be mistyped, each once, by the alphabet."""
    return sorted(set(filter(is_spelt, words_of(text))))
