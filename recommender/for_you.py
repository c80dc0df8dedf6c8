"""Four for a shopper: from what they touched, by behaviour and by interest, each with its reason.

In three steps: what was touched makes interests and a context; interests and context name candidates; these
are scored, and the best four taken that are not nearly the same. Nothing is written.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from django.conf import settings
from django.utils import timezone

from recommender import blend, weights
from recommender.interactions import STRENGTHS
from recommender.interests import (
    Common,
    Floats,
    HeldTag,
    Interest,
    Kinships,
    in_common,
    interests_of,
    most_telling,
    weights_of,
)
from recommender.models import DIMENSIONS
from recommender.search import MOST_SCANNED, Filters, are_few
from recommender.selectors import FOUR, SPARE, Placements, Reason, ReasonKind
from recommender.statements import array, rows_of
from recommender.tag_memory import Published, directions_of, meet_again, published_lately, tags_of
from recommender.variety import Same, same_among, varied
from recommender.weights import Weights
from shop.selectors.touched import Touch, TouchKind

NEAR = 24  # candidates by interests, as many of each
EF_NEAR = 40  # of the index: these are candidates, of which it matters less which are the very nearest
FROM_BEHAVIOUR = 20
JUST_BOUGHT = timedelta(days=60)
# Chosen by reading what came out of the demo shop: docs/decisions/0021-for-you.md.
GOOD = 0.75  # of the best fit: from there on a product may take the place of its interest
NEARLY = 0.05  # scores that differ by less are as good as equal: a tag worth naming decides

HEADER = bytes(4)  # of a halfvec that is sent: how many numbers follow, and two bytes that mean nothing
UNSAID = HEADER + bytes(2 * DIMENSIONS)

UNDECIDED = Placements()

# What was touched, with its model's version; the centre of each interest, without a revision; and what is
# near to it or named by behaviour. One statement, since on a busy machine each costs a wait. The index reads
# its settings as a scan begins, which is after the centres are known, and these after the settings are made.
CANDIDATES = """
    WITH setting AS MATERIALIZED (
        SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true),
            set_config('hnsw.ef_search', '{ef}', true), set_config('hnsw.max_scan_tuples', '{most}', true)
    ), touched AS MATERIALIZED (
        SELECT interest, product_id, published_revision, model_version, embedding
        FROM setting CROSS JOIN unnest(%(touched)s::bigint[], %(interests)s::int[])
            AS said (product_id, interest)
        JOIN recommender_productentry USING (product_id)
    ), centre AS MATERIALIZED (
        SELECT interest, avg(embedding)::halfvec AS vector FROM touched
        WHERE embedding IS NOT NULL GROUP BY interest
    ), candidate AS (
        SELECT near.product_id FROM centre CROSS JOIN LATERAL (
            SELECT product_id FROM recommender_productentry
            WHERE is_available AND embedding IS NOT NULL AND product_id <> ALL(%(without)s::bigint[])
            ORDER BY {distance} LIMIT {near}
        ) AS near
        UNION SELECT unnest(%(named)s::bigint[])
    )
    SELECT product_id, published_revision, model_version, NULL FROM touched
    UNION ALL
    SELECT interest, NULL, NULL, halfvec_send(vector) FROM centre
    UNION ALL
    SELECT product_id, published_revision, NULL, halfvec_send(embedding)
    FROM candidate JOIN recommender_productentry USING (product_id)
    WHERE is_available AND product_id <> ALL(%(without)s::bigint[])
"""
# The sum keeps the planner from the index: where there are few products all are compared, exactly.
COMPARED = "(embedding <=> centre.vector) + 0.0, product_id"
WALKED = "embedding <=> centre.vector"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a score is made of: what behaviour and content said, and how far behaviour was trusted."""

    behaviour: float  # 0 to 1, the best candidate having 1
    content: float  # the same
    shopper: float  # trust, 0 to 1
    product: float
    interest: int | None  # its number, the main one being 0
    is_pinned: bool = False  # which put it first, whatever its score


@dataclass(frozen=True, slots=True)
class ForYou:
    product_id: int
    score: float
    reason: Reason
    parts: Parts


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that may be shown; `similarities` are its cosines to the interests, by number."""

    product_id: int
    revision: int
    similarities: Sequence[float]


@dataclass(frozen=True, slots=True)
class Found:
    """What may be shown, which of it is nearly the same, and what was touched as it is published now."""

    candidates: list[Candidate]
    same: Same
    touched: Mapping[int, Published]


NOTHING_FOUND = Found([], frozenset(), {})


@dataclass(frozen=True, slots=True)
class Shopper:
    """What is known of somebody now: by product what it says of them, and the interests in it.

    `touched` says as of when they were made.
    """

    weights: Mapping[int, float]
    interests: Sequence[Interest]
    without: frozenset[int]
    touched: Mapping[int, Published]


def for_you(touches: Sequence[Touch], limit: int = SPARE, placed: Placements = UNDECIDED) -> list[ForYou]:
    """What is pinned, then the best first; none where nothing is known of what was touched.

    Taken to be published as it was when this process last met it; where that was wrong, found anew.
    """
    behaviour = weights.held(settings.BEHAVIOUR_DIR)
    shopper = shopper_of(touches, placed.hidden)
    ranked, found = ranked_for(shopper, behaviour, placed.pinned)
    if found.touched != shopper.touched:
        meet_again(shopper.touched, found.touched)
        shopper = shopper_of(touches, placed.hidden)
        ranked, found = ranked_for(shopper, behaviour, placed.pinned)
    likely = with_a_place_each(ranked, placed.pinned)[: len(placed.pinned) + 2 * limit]
    same = {pair for pair in found.same if not pair.issubset(placed.pinned)}  # both are wanted
    return [one.shown(is_pinned=one.product_id in placed.pinned) for one in varied(likely, same, limit)]


def ranked_for(shopper: Shopper, behaviour: Weights, pinned: Sequence[int]) -> tuple[list["Ranked"], Found]:
    if not shopper.weights:
        return [], NOTHING_FOUND
    scores = behaviour.scores(shopper.weights)
    found = candidates(shopper, [*pinned, *named_by(behaviour, scores, shopper.without)])
    return ranking(shopper, found.candidates, behaviour, scores, pinned), found


def shopper_of(touches: Sequence[Touch], hidden: Collection[int] = ()) -> Shopper:
    """What was touched and the recommender knows. What is in mind already is not to be shown again."""
    said = weights_of(touches, STRENGTHS, timezone.now().timestamp())
    published = published_lately(said)
    revisions = {product_id: one.revision for product_id, one in published.items()}
    tags = tags_of(revisions)
    told = directions_of(revisions, tags, max((one.model_version for one in published.values()), default=""))
    known = {product_id: weight for product_id, weight in said.items() if product_id in published}
    without = frozenset({*in_mind(touches), *hidden})
    return Shopper(known, interests_of(known, tags, told), without, published)


def in_mind(touches: Sequence[Touch]) -> set[int]:
    """All that was touched, except what was bought so long ago that it may be used up."""
    then = timezone.now() - JUST_BOUGHT
    lately = {touch.product_id for touch in touches if touch.at >= then}
    return lately | {touch.product_id for touch in touches if touch.kind is not TouchKind.BOUGHT}


def named_by(behaviour: Weights, scores: Floats, without: Collection[int]) -> list[int]:
    """The products that behaviour puts first."""
    left = scores.copy()
    rows = behaviour.rows_of(list(without))
    left[rows[rows >= 0]] = 0.0
    most = min(FROM_BEHAVIOUR, len(left))
    places = np.argpartition(-left, most - 1)[:most] if most else np.zeros(0, np.int64)
    return [int(behaviour.product_ids[place]) for place in places if left[place] > 0]


def candidates(shopper: Shopper, named: Sequence[int]) -> Found:
    """Those that can be had, near to an interest or named by behaviour, by id."""
    touched = [(pk, number) for number, one in enumerate(shopper.interests) for pk in one.product_ids]
    asked = {
        "touched": array(product_id for product_id, _ in touched),
        "interests": array(number for _, number in touched),
        "without": array(shopper.without),
        "named": array(named),
    }
    distance = COMPARED if are_few(Filters()) else WALKED
    rows = rows_of(candidates_by(distance, NEAR // max(len(shopper.interests), 1)), asked)
    published = {pk: Published(revision, version) for pk, revision, version, _ in rows if version is not None}
    middles = [(number, sent) for number, revision, _, sent in rows if revision is None]
    entries = sorted(
        (pk, revision, sent)
        for pk, revision, version, sent in rows
        if version is None and revision is not None
    )
    meanings = meanings_of([*(sent for *_, sent in entries), *(sent for _, sent in middles)])
    meanings, found = meanings[: len(entries)], meanings[len(entries) :]
    centres = np.zeros((len(shopper.interests), DIMENSIONS), np.float32)
    centres[[number for number, _ in middles]] = found
    ids, revisions, _ = zip(*entries, strict=True) if entries else ((), (), ())
    cosines = (meanings @ centres.T).tolist()
    return Found(
        list(map(Candidate, ids, revisions, cosines)),
        same_among(ids, meanings),
        published,
    )


def candidates_by(distance: str, near: int, ef: int = EF_NEAR) -> str:
    """The statement that finds `near` products for each interest."""
    return CANDIDATES.format(distance=distance, near=near, ef=ef, most=MOST_SCANNED)


def meanings_of(sent: Sequence[bytes | None]) -> Floats:
    """(sent, dimensions) of length one, of halfvecs as PostgreSQL sends them; zeros where there is none."""
    whole = np.frombuffer(b"".join([UNSAID, *(one or UNSAID for one in sent)]), ">f2")  # of one at least
    meanings = whole.reshape(len(sent) + 1, -1)[1:, len(HEADER) // 2 :].astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", meanings, meanings))
    scaled: Floats = meanings / np.maximum(lengths, np.float32(1e-9))[:, None]
    return scaled


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score, and what it takes to say why: said only of those that are shown."""

    product_id: int
    score: float
    parts: tuple[float, float, float, float]  # as in Parts
    kin: "Kin"
    is_good: bool  # for the interest that it fits best

    def shown(self, *, is_pinned: bool) -> ForYou:
        behaviour, content, shopper, product = (round(float(part), 4) for part in self.parts)
        return ForYou(
            self.product_id,
            self.score,
            reason_of(self.kin.common(), behaviour, is_pinned=is_pinned),
            Parts(behaviour, content, shopper, product, self.kin.number, is_pinned),
        )


def ranking(
    shopper: Shopper,
    found: Sequence[Candidate],
    behaviour: Weights,
    scores: Floats,
    pinned: Sequence[int] = (),
) -> list[Ranked]:
    """Every candidate with its score: the pinned as they are pinned, then the best first."""
    if not found:
        return []
    tags = tags_of({one.product_id: one.revision for one in found})
    kinships = Kinships(shopper.interests)
    kin = [kindred(kinships, one, tags.get(one.product_id, ())) for one in found]
    behaved, support = behaved_of(behaviour, scores, found)
    content = scaled(np.array([best.content for best in kin], np.float32))
    good = GOOD * max(best.fit for best in kin)
    shopper_trust = blend.trust(behaviour.evidence(shopper.weights), blend.SHOPPER_DOUBT)
    product_trust = blend.trust(support, blend.PRODUCT_DOUBT)
    total = blend.blended(behaved, content, shopper_trust, product_trust)
    columns = (total.tolist(), behaved.tolist(), content.tolist(), product_trust.tolist())
    rows = list(zip(found, kin, *columns, strict=True))
    places = {product_id: place for place, product_id in enumerate(pinned)}
    rows.sort(
        key=lambda row: (
            places.get(row[0].product_id, len(places)),
            -row[2] - NEARLY * row[1].is_telling,
            row[0].product_id,
        )
    )
    return [
        Ranked(
            one.product_id,
            score,
            (by_behaviour, by_content, shopper_trust, trusted),
            best,
            is_good=best.fit >= good,
        )
        for one, best, score, by_behaviour, by_content, trusted in rows
    ]


def with_a_place_each(ranked: Sequence[Ranked], pinned: Collection[int]) -> list[Ranked]:
    """As they are ranked, but for a place among the first four for each interest: its best good product.

    What others took along would fill all four with the goods of whoever buys most, whatever was looked at.
    """
    best: dict[int | None, int] = {}
    for one in ranked:
        if one.is_good:
            best.setdefault(one.kin.number, one.product_id)
    forward = {*best.values(), *pinned}
    others = [one.product_id for one in ranked if one.product_id not in forward]
    first = forward.union(others[: max(FOUR - len(forward), 0)])
    return sorted(ranked, key=lambda one: one.product_id not in first)  # stable


@dataclass(frozen=True, slots=True)
class Kin:
    """How well a product fits the interest that it fits best; `interest` is None where it fits none."""

    fit: float
    content: float = 0.0  # the same, as much as that interest counts
    number: int | None = None
    interest: Interest | None = None
    tags: Sequence[HeldTag] = ()
    is_telling: bool = False  # whether one of them is worth naming as what both hold

    def common(self) -> Sequence[Common]:
        return in_common(self.interest, self.tags) if self.interest else ()


def kindred(kinships: Kinships, one: Candidate, tags: Sequence[HeldTag]) -> Kin:
    fits, telling = kinships.of(one.similarities, tags)
    fit = max(fits, default=0.0)
    if fit <= 0.0:
        return Kin(0.0)
    number = fits.index(fit)
    counts = kinships.counts[number]
    return Kin(fit, fit * counts, number, kinships.interests[number], tags, number in telling)


def behaved_of(behaviour: Weights, scores: Floats, found: Sequence[Candidate]) -> tuple[Floats, Floats]:
    """Of each candidate, what behaviour says, 0 to 1, and how many events stand behind it."""
    rows = behaviour.rows_of([one.product_id for one in found])
    if not len(scores):
        return np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
    is_known = rows >= 0
    said = np.where(is_known, np.maximum(scores[rows], 0.0), 0.0).astype(np.float32)
    return scaled(said), np.where(is_known, behaviour.support[rows], 0.0).astype(np.float32)


def scaled(values: Floats) -> Floats:
    """The largest as one."""
    most = float(values.max(initial=0.0))
    return values / np.float32(most) if most > 0 else values


def reason_of(common: Sequence[Common], behaved: float, *, is_pinned: bool) -> Reason:
    if tag := most_telling(common):
        return Reason(ReasonKind.TAG, tag.medoid_id, tag.count)
    if behaved > 0:
        return Reason(ReasonKind.TOGETHER)
    return Reason(ReasonKind.CHOSEN if is_pinned else ReasonKind.MEANING)
