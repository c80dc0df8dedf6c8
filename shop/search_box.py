"""Who finds what the search box asks for.

Another app offers itself from `AppConfig.ready`, since the shop knows none of them. While nobody has, or
nobody answers, the database looks for the words by itself: see shop.selectors.catalogue.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shop.exceptions import FinderSilent


@dataclass(frozen=True, slots=True)
class Found:
    """Products for a search, the fittest first; on sale or not, the shop decides."""

    product_ids: tuple[int, ...]
    spelling: str = ""  # what was looked for in place of the text, where that is a mistyped word
    is_near: bool = False  # none has all the words: these come closest


# Of a text, and whether it is meant just as it is written. Takes no longer than a page waits, or raises
# FinderSilent.
Finder = Callable[[str, bool], Found]

_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """The one registered last is asked."""
    _finders.append(finder)


def found(text: str, is_literal: bool) -> Found:
    """Raises FinderSilent."""
    if not _finders:
        raise FinderSilent
    return _finders[-1](text, is_literal)
