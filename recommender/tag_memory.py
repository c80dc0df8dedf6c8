"""The tags of products and the vectors of labels, kept by a process while they are as they were.

A product's revision says whether its tags are; a label's vector changes with the encoder alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from recommender.interests import Floats, HeldTag, tag_vector
from recommender.kept import Kept
from recommender.models import Label, TagCluster
from recommender.scoring import Rarities
from recommender.selectors import most_products
from recommender.statements import array, rows_of
from shop.prepared import Prepared
from shop.remembering import remembered

MOST_KEPT = 20_000
TAGS_EACH = 8
FOR_SECONDS = 60  # the count of the commonest label

PUBLISHED = """
    SELECT product_id, published_revision, model_version FROM recommender_productentry
    WHERE product_id = ANY(%(ids)s::bigint[])
"""


class Published(NamedTuple):
    """As of what a product is published: its tags and its vector."""

    revision: int
    model_version: str


_published: Kept[int, Published] = Kept(MOST_KEPT)  # by product id
_tags: Kept[tuple[int, int], tuple[HeldTag, ...]] = Kept(MOST_KEPT)  # by product id and revision
_vectors: Kept[tuple[str, str], Floats] = Kept(MOST_KEPT)  # by label and the encoder's version
_directions: Kept[tuple[int, int, str], Floats | None] = Kept(
    MOST_KEPT
)  # by product id, revision and the same


def published_lately(product_ids: Iterable[int]) -> dict[int, Published]:
    """By product id, as of what it was published when it was last met; without those that are not known."""
    wanted = list(product_ids)
    known = _published.of(wanted)
    if missing := [product_id for product_id in wanted if product_id not in known]:
        rows = rows_of(PUBLISHED, {"ids": array(missing)})
        fresh = {product_id: Published(revision, version) for product_id, revision, version in rows}
        _published.keep(fresh)
        known |= fresh
    return known


def meet_again(product_ids: Iterable[int], published: Mapping[int, Published]) -> None:
    """Those of the products that are still there are published as of this."""
    _published.forget(product_id for product_id in product_ids if product_id not in published)
    _published.keep(published)


def tags_of(revisions: Mapping[int, int]) -> dict[int, tuple[HeldTag, ...]]:
    """By product id, its tags as of that revision, or newer ones."""
    known = _tags.of(revisions.items())
    missing = [pair for pair in revisions.items() if pair not in known]
    if missing:
        read = _read_tags([product_id for product_id, _ in missing])
        fresh = {pair: read.get(pair[0], ()) for pair in missing}
        _tags.keep(fresh)
        known |= fresh
    return {product_id: tags for (product_id, _), tags in known.items()}


TAGS_OF = Prepared[tuple[int, str, list[str], int, int, float, int]](
    lambda *product_ids: (
        TagCluster.objects.filter(product_id__in=product_ids, rank__lt=TAGS_EACH)
        .order_by("product_id", "rank")
        .values_list(
            "product_id", "medoid_id", "members", "polarity", "count", "share", "medoid__product_count"
        )
    )
)


def _read_tags(product_ids: Iterable[int]) -> dict[int, tuple[HeldTag, ...]]:
    rows = TAGS_OF(*product_ids)
    most = remembered("most products", "", FOR_SECONDS, most_products)
    rarities = Rarities({row[1]: row[-1] for row in rows}, most)
    found: dict[int, list[HeldTag]] = defaultdict(list)
    for product_id, medoid, members, polarity, count, share, _ in rows:
        found[product_id].append(HeldTag(medoid, members, polarity, count, share, rarities.of(medoid)))
    return {product_id: tuple(tags) for product_id, tags in found.items()}


def vectors_of(labels: Iterable[str], model_version: str) -> dict[str, Floats]:
    """By label, (dimensions,) what it means to that version of the encoder."""
    wanted = {(label, model_version) for label in labels}
    known = _vectors.of(wanted)
    if missing := wanted - known.keys():
        rows = Label.objects.filter(pk__in=[label for label, _ in missing], model_version=model_version)
        fresh = {
            (text, model_version): np.array(vector, dtype=np.float32)
            for text, vector in rows.values_list("text", "embedding")
        }
        _vectors.keep(fresh)
        known |= fresh
    return {label: vector for (label, _), vector in known.items()}


def directions_of(
    revisions: Mapping[int, int], tags: Mapping[int, Sequence[HeldTag]], model_version: str
) -> dict[int, Floats | None]:
    """By product id, (dimensions,) what its tags mean together; None where it has none."""
    keys = {(product_id, revision, model_version) for product_id, revision in revisions.items()}
    known = _directions.of(keys)
    if missing := {product_id for product_id, _, _ in keys - known.keys()}:
        labels = {tag.medoid_id for product_id in missing for tag in tags[product_id]}
        vectors = vectors_of(labels, model_version)
        fresh = {
            key: tag_vector(tags[key[0]], vectors)
            for key in keys
            if key[0] in missing and all(tag.medoid_id in vectors for tag in tags[key[0]])
        }
        _directions.keep(fresh)
        known |= fresh | {
            key: tag_vector(tags[key[0]], vectors) for key in keys - known.keys() - fresh.keys()
        }
    return {product_id: vector for (product_id, _, _), vector in known.items()}


def forget_all() -> None:
    for kept in (_published, _tags, _vectors, _directions):
        kept.forget_all()
