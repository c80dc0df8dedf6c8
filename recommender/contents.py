"""What a product holds: its ingredients as terms, without what its texts say is not in it.

“Without nuts” must pass a bar that says “no nuts” and stop one that says “may contain hazelnuts”, so that
the word itself proves nothing. Where ingredients are listed they and the name count, else all of the text.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from recommender.chinese import is_chinese, terms
from recommender.words import content_words, stem

_INGREDIENTS = re.compile(r"ingredients\s*[:：]([^\u3400-\u9fff]*)", re.IGNORECASE)
_INGREDIENTS_ZH = re.compile(r"(?:配料|成分|原料)\s*[:：](.*)", re.DOTALL)
# Up to the end of the clause, since what is absent is often a list: “no soy, without milk or egg”.
_ABSENT = re.compile(
    r"\b(?:no|not|without|never|free (?:of|from)|nothing from|instead of|keep away from)\b[^.,;:|()\n]*"
    r"|\b\w+[ -]free\b"
    r"|(?:不含|不加|不放|未添加|没有|零添加|无添加)[^。，；,;()（）\n]*",
    re.IGNORECASE,
)
_CLAIM = re.compile(r"\b(?:(\w+)[ -]free|(vegan)|(decaf)\w*)\b", re.IGNORECASE)
# Named after what they stand for, and made of none of it.
_NAMESAKES = re.compile(
    r"\b(soy|soya|oat|almond|coconut|rice|nut|peanut|cocoa|shea)[ -](?:milk|butter|cream)\b"
    r"|(?:豆|椰|燕麦|杏仁|巴旦木|核桃)(?:奶|浆|乳)|可可脂|花生酱|米饼|coconut|buckwheat|荞麦",
    re.IGNORECASE,
)


def held_terms(name: str, detail: str, texts: Iterable[str] = ()) -> list[str]:
    """Stems and Chinese terms of what is in the product, each once; `texts` count where no list stands."""
    listed = _INGREDIENTS.search(detail) or _INGREDIENTS_ZH.search(detail)
    said = " . ".join((name, listed[1]) if listed else (name, detail, *texts))
    everything = " . ".join((name, detail, *texts))
    without = _absent_kinds().sub(" ", _ABSENT.sub(" ", said))
    present = _NAMESAKES.sub(lambda match: match[1] or " ", without)
    claimed = {stem((free or vegan or decaf).lower()) for free, vegan, decaf in _CLAIM.findall(everything)}
    absent = {term for claim in claimed for term in kinds().get(claim, ())}
    held = [*map(stem, content_words(present)), *terms(present)]
    return [term for term in dict.fromkeys(held) if term not in absent]


def of_kind(word: str) -> list[str]:
    """The terms of all that is left out with a word: “nuts” are almonds too."""
    known = kinds()
    stemmed = stem(word.lower())
    return list(known.get(word) or known.get(stemmed) or [stemmed])


def is_kind(word: str) -> bool:
    return word in kinds() or stem(word) in kinds()


def chinese_name(word: str) -> str:
    """What the kind that the word names is called in Chinese; empty where it names none."""
    return next((told for told in _names_of(word) if is_chinese(told)), "")


def _names_of(word: str) -> list[str]:
    its_names: Iterator[list[str]] = (
        kind["names"] for kind in _told_kinds() if not {word, stem(word.lower())}.isdisjoint(kind["names"])
    )
    return next(its_names, [])


@cache
def _absent_kinds() -> re.Pattern[str]:
    """无 before a kind alone, and no further: boneless chicken (无骨鸡肉) is chicken, and 无花果 is a fig."""
    told = {word for name, its in kinds().items() for word in (name, *its) if is_chinese(word)}
    named = "|".join(sorted(told, key=len, reverse=True))
    return re.compile(f"无(?:人工|额外|任何|蔗)?(?:{named})")


@cache
def kinds() -> Any:
    """By a word, or an English word's stem, the terms of what belongs to it."""
    return {name: kind["terms"] for kind in _told_kinds() for name in kind["names"]}


@cache
def _told_kinds() -> Any:
    return json.loads((Path(__file__).parent / "kinds.json").read_text(encoding="utf-8"))
