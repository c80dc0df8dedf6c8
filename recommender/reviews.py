"""The latest reviews of products, as many of each as are read, however many there are."""

from collections import defaultdict
from collections.abc import Iterable

from recommender.models import ReviewEntry

LATEST = """
    SELECT latest.* FROM unnest(%s::bigint[]) AS wanted (product_id) CROSS JOIN LATERAL (
        SELECT * FROM recommender_reviewentry AS review
        WHERE review.product_id = wanted.product_id AND is_published
        ORDER BY review_id DESC LIMIT %s
    ) AS latest ORDER BY product_id, review_id DESC
"""


def latest_reviews(product_ids: Iterable[int], most: int) -> dict[int, list[ReviewEntry]]:
    """By product, its `most` latest published reviews, the latest first."""
    found: dict[int, list[ReviewEntry]] = defaultdict(list)
    for review in ReviewEntry.objects.raw(LATEST, [list(product_ids), most]):
        found[review.product_id].append(review)
    return found
