"""How the four products do: shown, opened, out of how much of the shop, and how fresh it all is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Func, IntegerField, Q, QuerySet, Sum, Value
from django.utils import timezone

from recommender.checkpoints import version_of_model
from recommender.models import Click, Impression, Interaction, Place, ProductEntry, ReviewEntry
from recommender.selectors import ReasonKind
from recommender.weights import Fitted, latest_fitted

TAGGED = f'$[*] ? (@[0] == "{ReasonKind.TAG}")'  # of an impression's reasons


class Chosen(Func):
    """Of an array those elements that a path in JSON names."""

    template = "jsonb_path_query_array(%(expressions)s::jsonpath)"


class JSONLength(Func):
    function = "jsonb_array_length"
    output_field = IntegerField()


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """`fallbacks` are impressions in which the most loved products took places.

    `offered` are products, as often as they were shown; `by_tag` those of them whose reason was a tag.
    """

    place: Place
    impressions: int
    opened: int  # impressions from which at least one product was opened
    clicks: int
    fallbacks: int
    offered: int
    by_tag: int

    @property
    def click_through(self) -> float:
        """The share of impressions from which something was opened."""
        return self.opened / self.impressions if self.impressions else 0.0

    @property
    def stood_in(self) -> float:
        """The share of impressions in which the most loved products took places."""
        return self.fallbacks / self.impressions if self.impressions else 0.0

    @property
    def told_by_tag(self) -> float:
        """The share of products whose reason was a tag."""
        return self.by_tag / self.offered if self.offered else 0.0


@dataclass(frozen=True, slots=True)
class Report:
    since: datetime
    places: tuple[PlaceFigures, ...]
    products_shown: int
    products_available: int
    unlabelled_reviews: int
    stale_products: int
    behaviour: Fitted  # the version of what behaviour taught that serves
    new_touches: int  # that it does not know

    @property
    def coverage(self) -> float:
        return self.products_shown / self.products_available if self.products_available else 0.0


def report(days: int) -> Report:
    """Of the last `days` days; products and reviews as they are now."""
    since = timezone.now() - timedelta(days=days)
    available = ProductEntry.objects.filter(is_available=True)
    learnt = latest_fitted(settings.BEHAVIOUR_DIR)
    seen = Impression.objects.filter(shown_at__gte=since).annotate(
        one=Func(F("product_ids"), function="unnest")
    )
    return Report(
        since=since,
        places=tuple(figures_by_place(since)),
        products_shown=available.filter(pk__in=seen.values("one")).count(),
        products_available=available.count(),
        unlabelled_reviews=reviews_to_read().count(),
        stale_products=ProductEntry.objects.stale().count(),
        behaviour=learnt,
        new_touches=Interaction.objects.filter(pk__gt=learnt.up_to).count(),
    )


def reviews_to_read() -> "QuerySet[ReviewEntry]":
    """Those that wait for the model of LABEL_MODEL_DIR; where there is none, those that no model has read."""
    try:
        return ReviewEntry.objects.to_label(version_of_model(settings.LABEL_MODEL_DIR))
    except OSError:
        return ReviewEntry.objects.published().filter(labelled_with="")


def figures_by_place(since: datetime) -> Iterator[PlaceFigures]:
    shown = Impression.objects.filter(shown_at__gte=since)
    counts = {
        row["place"]: row
        for row in shown.order_by()
        .values("place")
        .annotate(
            n=Count("pk"),
            fallbacks=Count("pk", filter=Q(is_fallback=True)),
            offered=Sum(JSONLength(F("reasons"))),
            by_tag=Sum(JSONLength(Chosen(F("reasons"), Value(TAGGED)))),
        )
    }
    opened = Click.objects.filter(impression__shown_at__gte=since).order_by()
    clicks = {
        row["impression__place"]: row
        for row in opened.values("impression__place")
        .annotate(n=Count("pk"), opened=Count("impression", distinct=True))
    }  # fmt: skip
    for place in Place:
        shown_there: Mapping[str, Any] = counts.get(place, {})
        clicked: Mapping[str, Any] = clicks.get(place, {})
        yield PlaceFigures(
            place, shown_there.get("n", 0), clicked.get("opened", 0), clicked.get("n", 0),
            shown_there.get("fallbacks", 0), shown_there.get("offered", 0), shown_there.get("by_tag", 0),
        )  # fmt: skip
