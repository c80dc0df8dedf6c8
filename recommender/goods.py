"""What kind of goods a request names, and whether a product is one.

A shop's shelves are called by one word each; people say “nibbles”, “something for a hike”, “下酒”. goods.json
tells what belongs to such words: it reads a product's name and the way to its shelf, which say what it is,
and none of what is said about it.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from recommender.chinese import asked_terms, is_chinese, terms
from recommender.cues import cues
from recommender.documents import terms_of
from recommender.leaving_out import plainly_put
from recommender.words import content_words, stem, words_of

Kind = frozenset[str]
"""Terms, one of which a product of the kind is called by."""

_CLAUSE = re.compile(r"[,.;:!?]")
_PURPOSE = re.compile(r"\b(?:for|with|without|no|not|avoid|to|in|on|that|which|while|after)\b")


def kinds_named(sentence: str, about: str, names: Collection[Kind], shelves: Collection[Kind]) -> list[Kind]:
    """The kinds that the sentence names, also by what a shelf is called.

    `about` is the sentence without what it leaves out; `names` and `shelves` are those of products. Goods are
    named where the thing itself is: “honey for tea” asks for no tea. Where no product is called so, as in
    “a gift for a coffee lover”, what it is for may be. Occasions may stand anywhere.
    """
    said = about.lower()
    thing = the_thing(said if is_chinese(said) else sentence.lower())
    kinds = _kinds_in(thing, said, shelves)
    if kinds or is_chinese(said) or not _called(names).isdisjoint(terms_of(thing)):
        return kinds
    return _kinds_in(said, said, shelves)


def _kinds_in(thing: str, said: str, shelves: Collection[Kind]) -> list[Kind]:
    """A single Chinese character names a shelf where the thing ends with it: 香油 is oil."""
    found = dict(_told_in(thing, kinds_told("goods"))) | dict(_told_in(said, kinds_told("occasions")))
    explained = {term for name in found for term in terms_of(name)}
    asked = {*map(stem, content_words(said)), *asked_terms(said)}
    named = {*map(stem, words_of(thing)), *(term for term in terms(thing) if len(term) > 1), thing[-1:]}
    plain = [frozenset({term}) for term in sorted((_called(shelves) & asked & named) - explained)]
    return list(dict.fromkeys([*found.values(), *plain]))


def _called(kinds: Collection[Kind]) -> Kind:
    """What any of them is called. A quality names nothing: “soft sweets” do not ask for soft drinks."""
    return frozenset().union(*kinds) - _qualities()


@lru_cache(maxsize=20_000)
def terms_called(text: str) -> Kind:
    """The terms of a name or of the way to a shelf, which one request after the other asks about."""
    return frozenset(terms_of(text))


def the_thing(sentence: str) -> str:
    """What is asked for: English before the purpose in each clause, Chinese behind the last 的."""
    if is_chinese(sentence):
        return sentence.rpartition("的")[2] or sentence
    before = (_PURPOSE.split(clause)[0] for clause in _CLAUSE.split(plainly_put(sentence)))
    return ",".join(part for part in before if content_words(part))


def _told_in(text: str, told: Mapping[str, Kind]) -> Iterator[tuple[str, Kind]]:
    """English as whole words, one or many of it."""
    said = f" {' '.join(words_of(text))} "
    for name, kind in told.items():
        named = (f" {name} ", f" {name}s ") if name.isascii() else (name,)
        if any(form in (said if name.isascii() else text) for form in named):
            yield name, kind


@cache
def kinds_told(part: str) -> Mapping[str, Kind]:
    """By name, what goods.json tells of `goods` or of `occasions`; Chinese in no more than two characters."""
    told = json.loads((Path(__file__).parent / "goods.json").read_text(encoding="utf-8"))
    return {name: frozenset(map(stem, kind["words"])) for kind in told[part] for name in kind["names"]}


@cache
def _qualities() -> Kind:
    """The stems of single words that stand for labels."""
    told = (word for label, words in cues()["labels"].items() for word in (label, *words["en"]))
    return frozenset(stem(word) for word in told if " " not in word)


def belonging(kinds: Sequence[Kind], called: Kind, shelf: Kind) -> float:
    """Which share of the kinds a product is of, 0 to 1, by what it and its shelf are called.

    A kind of a single term is a shelf's name, and asks for the shelf.
    """
    if not kinds:
        return 0.0
    belongs = [bool(kind & (shelf if len(kind) == 1 else called | shelf)) for kind in kinds]
    return sum(belongs) / len(kinds)
