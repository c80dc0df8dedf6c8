"""What was understood of a wish, as a page shows it: chips, each of which can be taken away and put back."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from recommender.contents import chinese_name
from recommender.cues import cues
from recommender.intent import PRICE, Intent
from shop.label_names import local_label
from shop.templatetags.shelves import price


@dataclass(frozen=True, slots=True)
class Chip:
    """`key` is what the address calls it when it is taken away; `is_unheard` where no review here says so."""

    key: str
    text: str
    is_unheard: bool = False


def chips_of(intent: Intent) -> list[Chip]:
    return [
        *(Chip(label, local_label(label)) for label in intent.wanted),
        *(Chip(said, local_label(said), is_unheard=True) for said in intent.unheard),
        *(Chip(label, _("not “%(label)s”") % {"label": local_label(label)}) for label in intent.unwanted),
        *map(chip_without, intent.without_words),
        *price_chip(intent),
    ]


def chip_without(word: str) -> Chip:
    """A diet that no review speaks of is asked of what products hold, and still called by its name."""
    diet = next((label for label, left_out in cues()["diets"].items() if left_out == word), "")
    if diet:
        return Chip(word, local_label(diet), is_unheard=True)
    is_in_chinese = (get_language() or "").startswith("zh")
    named = chinese_name(word) if is_in_chinese else ""
    return Chip(word, _("without %(word)s") % {"word": named or word})


def price_chip(intent: Intent) -> Iterator[Chip]:
    bounds = []
    if intent.at_least is not None:
        bounds.append(_("from %(price)s") % {"price": price(intent.at_least)})
    if intent.at_most is not None:
        bounds.append(_("up to %(price)s") % {"price": price(intent.at_most)})
    if bounds:
        yield Chip(PRICE, " ".join(bounds))
