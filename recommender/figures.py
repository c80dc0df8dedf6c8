"""The health of the tag model in the admin's daily view: a number that leads to what it has not read."""

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from recommender.exceptions import RecommenderUnavailable
from recommender.models import ReviewEntry
from recommender.patience import page_patience
from shop.figures import Figure

UNREAD = {"is_published__exact": "1", "labelled_with__exact": ""}


def unread_reviews() -> Iterable[Figure]:
    """Left out where the recommender's database does not answer in a page's time."""
    try:
        with page_patience(settings.RECOMMENDER_PAGE_TIMEOUT_MS):
            number = ReviewEntry.objects.published().filter(labelled_with="").count()
    except RecommenderUnavailable:
        return
    yield Figure(_("Reviews that the tag model has not read"), "recommender.reviewentry", number, UNREAD)
