"""What a shopper's sentence asks for: labels wanted and not wanted, words to leave out, a price.

Locally, without a chat model: labels that stand in the sentence, cues that stand for labels (cues.json), and
labels that mean nearly what a part of the sentence means. English and Chinese. What a chat model says is
brought into the same form, by the same rules.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import zip_longest

from recommender.chinese import EMPTY as EMPTY_ZH
from recommender.chinese import han_words, is_chinese
from recommender.contents import is_kind, of_kind
from recommender.cues import NEGATIONS, PLAIN, Phrases, chinese_phrases, cues, english_phrases, read_words
from recommender.leaving_out import DONT, WITHOUT_ZH, left_out_in_chinese, plainly_put, plainly_put_in_chinese
from recommender.prices import without_prices
from recommender.words import EMPTY, content_words, stems_of
from shop.label_names import chinese_names

Similar = Callable[[Sequence[str]], list[tuple[str, float]]]
"""Phrases to the label nearest to each, with its cosine; shorter where there are no labels."""

LONGEST_LABEL = 4  # words
LONGEST_PHRASE = 3  # words that are compared in meaning
SAYS_THE_SAME = 0.7  # cosine from which a phrase is taken for a label
ONE_WORD_SAYS_THE_SAME = 0.85  # “tea” means what the tea is, not that something makes good tea
EXCLUSIONS = frozenset(("no", "without", "avoid"))  # before a thing; the others may stand before a quality
_CLAUSES = re.compile(r"[,.;:!?，。；：！？、]|\b(?:but|and|with)\b|但|而且|又要|也要")
_DENYING_ZH = rf"(?:不要|不含|没有|不能|不太|不|无|没|{DONT})"
_NOT_ZH = re.compile(f"{_DENYING_ZH}$")
_A_QUALITY_ENDS = frozenset("味口的了")  # and with words of grammar: 不要辣味, but 不要辣椒
_DENIALS = ("not ", "no ")
_EXCESS = ("too ", "太")


@dataclass(frozen=True, slots=True)
class Intent:
    """`wanted` and `unwanted` are labels that reviews carry; `without_words` name what is to be left out.

    `unheard` is what is wanted and no review says, labels or words: it is looked for in texts alone.
    `about` is the sentence without prices and what is unwanted, which the search by words asks.
    """

    sentence: str
    about: str = ""
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    without_words: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()
    at_most: Decimal | None = None
    at_least: Decimal | None = None

    def __bool__(self) -> bool:
        understood = self.wanted or self.unwanted or self.without_words or self.unheard
        return bool(understood) or self.bounds_price

    @property
    def bounds_price(self) -> bool:
        return self.at_most is not None or self.at_least is not None

    @property
    def meant(self) -> str:
        """What the encoder reads: the whole sentence, since it was trained on such; or its English, if told.

        What is left out stays in it: who asks for “no palm oil” is near those who praise that there is none.
        """
        return self.about if is_chinese(self.sentence) else self.sentence

    @property
    def avoided(self) -> tuple[str, ...]:
        """Labels that speak against a product: the unwanted, and excess of what is wanted in measure."""
        in_measure = (label for label in self.wanted if label.startswith("not "))
        return (*self.unwanted, *(f"too {label.split()[-1]}" for label in in_measure))

    @property
    def filters_anything(self) -> bool:
        """Whether some products are not to be shown at all, however loved."""
        return bool(self.left_out or self.shelf_words) or self.bounds_price

    @property
    def shelf_words(self) -> tuple[str, ...]:
        """What the only shelves may be called that can answer: a dog is offered nothing from people's."""
        shelves = (cues()["shelves"].get(label, ()) for label in (*self.wanted, *self.unheard))
        return tuple(dict.fromkeys(word for words in shelves for word in words))

    def affords(self, price: Decimal | None) -> bool:
        """Whether a product may cost that; an unknown price is within no bound."""
        if price is None:
            return not self.bounds_price
        return (self.at_most is None or price <= self.at_most) and (
            self.at_least is None or price >= self.at_least
        )

    @property
    def left_out(self) -> tuple[str, ...]:
        """The terms of what must not be in a product: the words to leave out, and all of their kind."""
        diets = (cues()["diets"][label] for label in self.wanted if label in cues()["diets"])
        words = (*self.without_words, *diets)
        return tuple(dict.fromkeys(term for word in words for term in of_kind(word)))

    def without(self, removed: Iterable[str]) -> "Intent":
        """The intent after the shopper took away what was misunderstood: labels, words, "price"."""
        gone = set(removed)
        keeps_price = PRICE not in gone
        return Intent(
            sentence=self.sentence,
            about=self.about,
            wanted=tuple(label for label in self.wanted if label not in gone),
            unwanted=tuple(label for label in self.unwanted if label not in gone),
            without_words=tuple(word for word in self.without_words if word not in gone),
            unheard=tuple(word for word in self.unheard if word not in gone),
            at_most=self.at_most if keeps_price else None,
            at_least=self.at_least if keeps_price else None,
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What a chat model says that a sentence asks for, in its own words: its labels may be none of ours."""

    about: str
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    without_words: tuple[str, ...] = ()
    at_most: Decimal | None = None
    at_least: Decimal | None = None


PRICE = "price"  # what the address calls the price when it is taken away


@dataclass(frozen=True, slots=True)
class Inventory:
    """The labels that reviews of this shop carry, and which of them are criticism."""

    polarities: Mapping[str, int]

    def __contains__(self, label: str) -> bool:
        return label in self.polarities

    def is_criticism(self, label: str) -> bool:
        return label.startswith("too ") or self.polarities.get(label, 0) < 0

    def denied_by(self, label: str) -> list[str]:
        """What a label that begins with “not” or “no” denies: “not spicy” is not “too spicy” either."""
        quality = label.partition(" ")[2]
        names = (quality, f"too {quality}")
        return [name for name in names if name in self and name not in cues()["diets"]]


@dataclass(slots=True)
class _Found:
    """Labels and words as they are found; the first time of each counts."""

    inventory: Inventory
    about: list[str] = field(default_factory=list)
    wanted: dict[str, None] = field(default_factory=dict)
    unwanted: dict[str, None] = field(default_factory=dict)
    without_words: dict[str, None] = field(default_factory=dict)
    unheard: dict[str, None] = field(default_factory=dict)
    elsewhere: dict[str, bool] = field(default_factory=dict)  # not carried by any review here; negated?

    def add(self, label: str, is_negated: bool, said: str = "") -> None:
        """Criticism is never wanted: “bitter tea” asks for no bad tea, but for what is `said`."""
        if not is_negated and self.inventory.is_criticism(label):
            if said and not said.startswith(_EXCESS):
                self.unheard[said] = None
        elif label in self.inventory:
            (self.unwanted if is_negated else self.wanted)[label] = None
        elif label.startswith(_DENIALS):
            # Never by meaning: to an encoder “not spicy” is nearly “spicy”.
            for denied in self.inventory.denied_by(label):
                self.add(denied, not is_negated)
        elif label in cues()["diets"] and not is_negated:
            self.without_words[cues()["diets"][label]] = None
        else:
            self.elsewhere[label] = is_negated


def understood(sentence: str, inventory: Inventory, similar: Similar) -> Intent:
    """Read `sentence`. Never fails: what is not understood is left to the search by meaning and by words."""
    found = _Found(inventory)
    rest, bounds = without_prices(sentence)
    if is_chinese(rest):
        read_chinese(plainly_put_in_chinese(rest), found)
    else:
        clauses = _CLAUSES.split(plainly_put(rest.lower().replace("’", "'")))
        read_meaning([words for clause in clauses for words in read_english(clause, found)], found, similar)
    take_the_nearest(found, similar)
    return Intent(
        sentence=sentence,
        about=" ".join(found.about),
        wanted=tuple(label for label in found.wanted if label not in found.unwanted),
        unwanted=tuple(found.unwanted),
        without_words=tuple(found.without_words),
        unheard=tuple(found.unheard),
        at_most=bounds.at_most,
        at_least=bounds.at_least,
    )


def as_told(sentence: str, told: Told, inventory: Inventory, similar: Similar) -> Intent:
    """What a chat model told, in labels that reviews carry: any other becomes the nearest, or is dropped."""
    found = _Found(inventory)
    for labels, is_negated in ((told.wanted, False), (told.unwanted, True)):
        for label in labels:
            found.add(named_here(label, inventory), is_negated)
    take_the_nearest(found, similar)
    for phrase in told.without_words:
        found.without_words |= dict.fromkeys(things_in(phrase))
    return Intent(
        sentence=sentence,
        about=told.about,
        wanted=tuple(label for label in found.wanted if label not in found.unwanted),
        unwanted=tuple(found.unwanted),
        without_words=tuple(found.without_words),
        unheard=tuple(found.unheard),
        at_most=told.at_most,
        at_least=told.at_least,
    )


def named_here(label: str, inventory: Inventory) -> str:
    """The label that the words are, in English or Chinese, or are a cue for; else the words."""
    plain = " ".join(label.lower().split())
    if plain in inventory:
        return plain
    named = chinese_phrases().get(plain)
    if named is None:
        known = english_phrases(tuple(sorted(inventory.polarities))).get(stems_of(read_words(plain)))
        named = [known] if known else []
    return next((name for name in named if name in inventory), next(iter(named), plain))


def things_in(phrase: str) -> list[str]:
    """What a phrase leaves out, each by a word that can be looked up: “any kind of nuts” are nuts."""
    plain = " ".join(phrase.lower().split())
    if is_kind(plain):
        return [plain]
    words = [*content_words(plain), *han_words(plain)]
    return [word for word in words if is_kind(word)] or words[:1]


def read_english(clause: str, found: _Found) -> Iterator[list[str]]:
    """Note the labels and cues of a clause, the longest at each place; yield runs of words left over."""
    words = read_words(clause)
    known = english_phrases(tuple(sorted(found.inventory.polarities)))
    leftover: list[str] = []
    is_negated = False
    place = 0
    while place < len(words):
        label, length = longest_label(words[place:], known)
        if label is PLAIN and not is_negated:
            leftover += words[place : place + length]
            found.about += words[place : place + length]
            place += length
            continue
        if label and (length > 1 or words[place] not in NEGATIONS):
            said = words[place : place + length]
            found.add(label, is_negated, " ".join(said))
            if not is_negated and NEGATIONS.isdisjoint(said):
                found.about += said
            is_negated = False
        elif words[place] in NEGATIONS:
            is_negated = True
        elif words[place] in EMPTY or words[place] == "too":
            pass
        elif is_negated or words[place + 1 : place + 2] == ["free"]:
            length = leave_out(words, place, found)
            is_negated = False
        else:
            leftover.append(words[place])
            found.about.append(words[place])
            place += 1
            continue
        if leftover:
            yield leftover
            leftover = []
        place += max(length, 1)
    if leftover:
        yield leftover


def leave_out(words: Sequence[str], place: int, found: _Found) -> int:
    """Note what is not to be in it, and return its length; “not round” names nothing that could be in it."""
    two = " ".join(words[place : place + 2])
    thing, length = (two, 2) if is_kind(two) else (words[place], 1)
    is_free = words[place + length : place + length + 1] == ["free"]
    if is_kind(thing) or words[place - 1] in EXCLUSIONS or is_free:
        found.without_words[thing] = None
    return length + is_free


def longest_label(words: Sequence[str], known: Phrases) -> tuple[str, int]:
    """The label that the first words are, or are a cue for, and how many words it takes; else ("", 0)."""
    for length in range(min(LONGEST_LABEL, len(words)), 0, -1):
        if label := known.get(stems_of(words[:length])):
            return label, length
    return "", 0


def read_chinese(sentence: str, found: _Found) -> None:
    """Note the labels whose Chinese name or cue stands in the sentence, longest first, none in another."""
    about = sentence
    for phrase, labels in chinese_phrases().items():
        label = next((label for label in labels if label in found.inventory), labels[0])
        is_for_the_text = label not in (
            *found.inventory.polarities,
            *cues()["diets"],
            PLAIN,
        ) and phrase.startswith(WITHOUT_ZH)
        if phrase not in sentence or is_for_the_text:
            continue
        before, _, after = sentence.partition(phrase)
        if before.endswith(WITHOUT_ZH) and (label is PLAIN or begins_a_thing(phrase, after)):
            continue
        if label is PLAIN:
            sentence = sentence.replace(phrase, "　")
            continue
        is_negated = _NOT_ZH.search(before) is not None
        found.add(label, is_negated, phrase)
        sentence = sentence.replace(phrase, "　")
        is_claim = label in cues()["diets"] and not is_negated
        if (is_negated or re.match(_DENYING_ZH, phrase)) and not is_claim:
            about = re.sub(_DENYING_ZH + "?" + re.escape(phrase), "　", about)
    found.about.append(left_out_in_chinese(about)[0])
    found.without_words |= dict.fromkeys(left_out_in_chinese(sentence)[1])


def begins_a_thing(phrase: str, after: str) -> bool:
    """Whether a single character goes on as a longer word: 不要香菜 says nothing of 香."""
    return len(phrase) == 1 and is_chinese(after[:1]) and after[0] not in EMPTY_ZH | _A_QUALITY_ENDS


def read_meaning(leftovers: Sequence[Sequence[str]], found: _Found, similar: Similar) -> None:
    """Note the labels that mean what some neighbouring words left over mean."""
    phrases = list(dict.fromkeys(phrase for words in leftovers for phrase in windows(words)))
    if not phrases:
        return
    nearest = sorted(zip(phrases, similar(phrases), strict=False), key=lambda pair: -pair[1][1])
    for phrase, (label, similarity) in nearest:
        enough = SAYS_THE_SAME if " " in phrase else ONE_WORD_SAYS_THE_SAME
        if similarity >= enough and label not in found.unwanted and not forbids(label):
            found.add(label, is_negated=False)


def take_the_nearest(found: _Found, similar: Similar) -> None:
    """For a label that no review here carries, one that means the same and is carried; else it is unheard."""
    nearest = similar(list(found.elsewhere)) if found.elsewhere else []
    for (said, is_negated), near in zip_longest(found.elsewhere.items(), nearest):
        label, similarity = near or ("", 0.0)
        if similarity >= SAYS_THE_SAME and not forbids(label):
            found.add(label, is_negated)
        elif not is_negated and is_described(said):
            found.unheard[said] = None


def forbids(label: str) -> bool:
    """Whether a wish for it leaves products out, so that it must have been said, and nothing alike."""
    return label in cues()["diets"] or label in cues()["shelves"]


def is_described(label: str) -> bool:
    """Whether a description may say so: none says of a thing that it is a “good snack” or “great value”."""
    is_known = label in cues()["labels"] or label in chinese_names()
    return is_known and not label.startswith(("good ", "great "))


def windows(words: Sequence[str]) -> Iterator[str]:
    """Every one to three neighbouring words that are not all of grammar."""
    content = [word for word in words if word not in EMPTY]
    for length in range(1, LONGEST_PHRASE + 1):
        for start in range(len(content) - length + 1):
            yield " ".join(content[start : start + length])
