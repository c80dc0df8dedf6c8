"""Four products as a page shows them: each with a sentence that says why. A page is always whole.

Where the recommender is down, slow, or knows too little, the most loved products take the free places.
"""

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from recommender.chat.reading import told_by_chat
from recommender.chips import Chip, chips_of
from recommender.embedders import embedder_in_use
from recommender.exceptions import EmbedderUnusable, ModelMismatch, RecommenderUnavailable
from recommender.for_you import ForYou, Parts, for_you
from recommender.intent import Intent
from recommender.patience import page_patience
from recommender.selectors import (
    FOUR,
    Placements,
    Reason,
    ReasonKind,
    Recommendation,
    alike,
    asked_for,
    intent_of,
    placements,
)
from shop.label_names import local_label
from shop.models import Product
from shop.remembering import remembered
from shop.selectors import catalogue
from shop.selectors.touched import Touch

T = TypeVar("T")

ALIKE_SECONDS = 60  # which are alike; whether they are to be had, and for how much, is asked each time
PLACED_SECONDS = 5  # until a pin or a hide counts on every page
FOR_YOU_SECONDS = 10  # for which the same touches give the same four; whether they can be had is asked anew
BARELY_FITS = (
    1.0  # the score of the best answer below which a request in which nothing was understood has none
)

_placed = Placements()  # as this process last knew it


@dataclass(frozen=True, slots=True)
class Offer:
    """A product and why it is shown."""

    product: Product
    reason: Reason
    sentence: str
    parts: Parts | None = None  # of the score, where it has any that are worth keeping

    @property
    def evidence_url(self) -> str:
        """The reviews that say so; empty where the reason is not theirs."""
        if self.reason.kind is not ReasonKind.TAG:
            return ""
        return f"{self.product.get_absolute_url()}?{urlencode({'tag': self.reason.label})}#reviews"


class Reader(StrEnum):
    """Who understood a request."""

    CHAT = "chat"  # a chat model
    LOCAL = "local"  # the shop's own rules


@dataclass(frozen=True, slots=True)
class Answer:
    """Four for a request. `intent` is what was understood of it, None where nobody could be asked."""

    intent: Intent | None
    offers: list[Offer]
    is_a_guess: bool = False  # nothing was understood: these are what is loved most
    read_by: Reader = Reader.LOCAL
    removed: tuple[Chip, ...] = ()  # of what was understood, what the shopper took away

    @property
    def chips(self) -> list[Chip]:
        return chips_of(self.intent) if self.intent else []

    @property
    def unheard(self) -> list[Chip]:
        """Those of which no review here speaks."""
        return [chip for chip in self.chips if chip.is_unheard]


def four_alike(product: Product) -> list[Offer]:
    soon = Soon()
    hidden = placed_lately(soon).hidden
    try:
        found = remembered("alike", product.pk, ALIKE_SECONDS, lambda: soon(lambda: alike(product.pk)))
    except RecommenderUnavailable:
        found = []
    shown = [one for one in found if one.product_id not in hidden]
    return filled_up(offers(shown, ALIKE_SENTENCES), {product.pk, *hidden})


class Soon:
    """Asks within what is left of a page's patience, however often: it begins when this is made."""

    def __init__(self) -> None:
        self._until = time.monotonic() + settings.RECOMMENDER_PAGE_TIMEOUT_MS / 1000

    def __call__(self, ask: Callable[[], T]) -> T:
        """Raises RecommenderUnavailable where it takes longer than is left."""
        left = int(1000 * (self._until - time.monotonic()))
        if left < 1:
            raise RecommenderUnavailable
        with page_patience(left, at_one_moment=True):
            return ask()


def placed_lately(ask: Callable[[Callable[[], Placements]], Placements]) -> Placements:
    """What staff decided, asked before anything else: what is hidden stays so where the rest fails.

    As this process last knew it, where the database does not answer.
    """
    global _placed  # noqa: PLW0603 (one for the process)
    with suppress(RecommenderUnavailable):
        _placed = remembered("placements", "", PLACED_SECONDS, lambda: ask(placements))
    return _placed


@dataclass(frozen=True, slots=True)
class ForShopper:
    """Four for somebody; `is_theirs` where they come from what they touched."""

    offers: list[Offer]
    is_theirs: bool


def four_for_you(touches: Sequence[Touch], loved: Sequence[Product]) -> ForShopper:
    """By what was touched, or where that tells nothing, of what is `loved`, if that is four.

    Whether a product can be had, and for how much, is asked each time.
    """
    soon = Soon()
    placed = placed_lately(soon)
    try:
        found = soon_for_you(touches, placed, soon) if touches else []
    except RecommenderUnavailable:
        found = []
    theirs = offers(found, SHOPPER_SENTENCES)[:FOUR]
    if not theirs:
        theirs = offers([pinned(product_id) for product_id in placed.pinned], SHOPPER_SENTENCES)[:FOUR]
    left_out = {touch.product_id for touch in touches}.union(
        placed.hidden, (offer.product.pk for offer in theirs)
    )
    reason = Reason(ReasonKind.LOVED)
    free = [product for product in loved if product.pk not in left_out][: FOUR - len(theirs)]
    if not found and len(theirs) + len(free) < FOUR:
        return ForShopper([], is_theirs=False)
    filled = [*theirs, *(Offer(product, reason, SHOPPER_SENTENCES.of(reason)) for product in free)]
    return ForShopper(filled, is_theirs=bool(found and theirs))


def soon_for_you(touches: Sequence[Touch], placed: Placements, soon: Soon) -> list[ForYou]:
    """Of these very touches and placements: another purchase, pin or hide is another question."""
    asked = (settings.BEHAVIOUR_DIR, tuple(touches), placed.pinned, sorted(placed.hidden))
    return remembered(
        "for you", asked, FOR_YOU_SECONDS, lambda: soon(lambda: for_you(touches, placed=placed))
    )


PINNED = Parts(0.0, 0.0, 0.0, 0.0, None, is_pinned=True)


def pinned(product_id: int) -> ForYou:
    """For somebody of whom nothing is known, who has it neither for a tag nor for a neighbour."""
    return ForYou(product_id, 1.0, Reason(ReasonKind.CHOSEN), PINNED)


def four_for(sentence: str, removed: Sequence[str] = ()) -> Answer:
    """What fits the sentence, without the labels that the shopper took away from what was understood."""
    told = told_by_chat(sentence)  # before the page's patience with the database begins
    read_by = Reader.CHAT if told else Reader.LOCAL
    try:
        with page_patience(settings.RECOMMENDER_ASK_TIMEOUT_MS, at_one_moment=True):
            hidden = placed_lately(lambda ask: ask()).hidden
            embedder = embedder_in_use()
            understood = intent_of(sentence, embedder, told)
            intent = understood.without(removed)
            found = asked_for(intent, embedder)
    except (RecommenderUnavailable, EmbedderUnusable, ModelMismatch):
        return Answer(None, filled_up([], _placed.hidden))
    gone = tuple(chip for chip in chips_of(understood) if chip.key in removed)
    if not intent and not (found and found[0].score >= BARELY_FITS):
        return Answer(intent, filled_up([], hidden), is_a_guess=True, read_by=read_by, removed=gone)
    fitting = [one for one in offers(found, ASKED_SENTENCES) if intent.affords(one.product.selling_price)]
    four = fitting[:FOUR] if intent.filters_anything else filled_up(fitting, hidden)
    return Answer(intent, four, read_by=read_by, removed=gone)


def offers(found: Sequence[Recommendation | ForYou], sentences: "Sentences") -> list[Offer]:
    """Those of `found` that can be had now."""
    chosen = {one.product_id: one for one in found}
    cards = [card for card in catalogue.product_cards(list(chosen)) if card.is_available]
    return [offer_of(chosen[card.pk], card, sentences) for card in cards]


def offer_of(one: Recommendation | ForYou, card: Product, sentences: "Sentences") -> Offer:
    return Offer(card, one.reason, sentences.of(one.reason), one.parts if isinstance(one, ForYou) else None)


def filled_up(chosen: list[Offer], without: Collection[int] = ()) -> list[Offer]:
    """The first four of `chosen`, and where they are fewer, what is loved most but for those products."""
    if len(chosen) >= FOUR:
        return chosen[:FOUR]
    left_out = {offer.product.pk for offer in chosen}.union(without)
    loved = [
        product for product in catalogue.best_sellers(FOUR + len(left_out)) if product.pk not in left_out
    ]
    reason = Reason(ReasonKind.LOVED)
    return chosen + [
        Offer(product, reason, ASKED_SENTENCES.of(reason)) for product in loved[: FOUR - len(chosen)]
    ]


class Beside(Enum):
    """What stands on the other side of a reason."""

    PRODUCT = "product"
    REQUEST = "request"
    SHOPPER = "shopper"


SENTENCES = {
    ReasonKind.SHELF: gettext_lazy("From the same shelf"),
    ReasonKind.WORDS: gettext_lazy("Called or described in your words"),
    ReasonKind.MENTIONED: gettext_lazy("A review of it has your words"),
    ReasonKind.TOGETHER: gettext_lazy("Others took it along with what you chose"),
    ReasonKind.CHOSEN: gettext_lazy("Chosen by us"),
    ReasonKind.LOVED: gettext_lazy("Among the most loved here"),
}


@dataclass(frozen=True, slots=True)
class Sentences:
    """How a reason reads where one product, a request, or what a shopper chose stands on the other side."""

    beside: Beside

    def of(self, reason: Reason) -> str:
        match reason.kind:
            case ReasonKind.TAG:
                return self.of_tag(reason)
            case ReasonKind.MEANING:
                return self.of_meaning()
            case _:
                return str(SENTENCES[reason.kind])

    def of_tag(self, reason: Reason) -> str:
        said = {"label": local_label(reason.label), "n": reason.count}
        if self.beside is Beside.SHOPPER:
            sentence = ngettext(
                "Like what you chose: “%(label)s”, says %(n)d review",
                "Like what you chose: “%(label)s”, say %(n)d reviews",
                reason.count,
            )
        else:
            sentence = ngettext(
                "“%(label)s”, says %(n)d review", "“%(label)s”, say %(n)d reviews", reason.count
            )
        return sentence % said

    def of_meaning(self) -> str:
        match self.beside:
            case Beside.PRODUCT:
                return _("Described much alike")
            case Beside.REQUEST:
                return _("Its description comes close to your wish")
            case Beside.SHOPPER:
                return _("Much like what you chose")


ALIKE_SENTENCES = Sentences(Beside.PRODUCT)
ASKED_SENTENCES = Sentences(Beside.REQUEST)
SHOPPER_SENTENCES = Sentences(Beside.SHOPPER)
