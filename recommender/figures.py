"""The health of the tag model in the admin's daily view: a number that leads to what it has not read."""

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from recommender.exceptions import RecommenderUnavailable
from recommender.patience import page_patience
from recommender.reporting import reviews_to_read
from shop.figures import Figure


def unread_reviews() -> Iterable[Figure]:
    """Left out where the recommender's database does not answer in a page's time."""
    try:
        with page_patience(settings.RECOMMENDER_PAGE_TIMEOUT_MS):
            by_reader = dict(reviews_to_read().values_list("labelled_with").annotate(Count("pk")))
    except RecommenderUnavailable:
        return
    unread = {"is_published__exact": "1", "labelled_with__in": ",".join(by_reader)}
    label, number = _("Reviews that the tag model has not read"), sum(by_reader.values())
    yield Figure(label, "recommender.reviewentry", number, unread)
