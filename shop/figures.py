"""Numbers of the admin's daily view. Each is the length of a list, and leads to that list.

Other apps add theirs from `AppConfig.ready`: the shop knows none of them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import get_language

from shop.models import Customer
from shop.remembering import remembered

FIGURE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """`model` is "app.model"; `lookups` narrow its list in the admin, and are how `number` was counted."""

    label: str | Promise
    model: str
    number: int
    lookups: dict[str, str]
    is_pressing: bool = False

    @property
    def url(self) -> str:
        page = reverse(f"admin:{self.model.replace('.', '_')}_changelist")
        return f"{page}?{urlencode(self.lookups)}"


Source = Callable[[], Iterable[Figure]]
_sources: dict[str, Source] = {}


def register(model: str, source: Source) -> None:
    """Show what `source` counts to staff who may see the rows of `model`."""
    _sources[model] = source


def figures_for(user: Customer | AnonymousUser) -> list[Figure]:
    """Only of lists that the user may open; nothing else is counted. At most FIGURE_SECONDS old."""
    return [figure for model in _sources if may_see(user, model) for figure in counted(model)]


def counted(model: str) -> list[Figure]:
    source = _sources[model]
    return remembered("figures", (model, get_language()), FIGURE_SECONDS, lambda: list(source()))


def may_see(user: Customer | AnonymousUser, model: str) -> bool:
    app, name = model.split(".")
    return any(user.has_perm(f"{app}.{right}_{name}") for right in ("view", "change"))
