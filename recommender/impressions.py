"""Which four were shown, where and why, and which of them were opened.

A page only notes what it shows; the rows are written after its answer has left, so that they neither delay
it nor make it fail. A link to a shown product carries the impression's token (`?from=…`), which the product's
page brings back. Kept for IMPRESSION_DAYS; a customer's go with the customer.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connections
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from recommender.exceptions import RecommenderUnavailable
from recommender.for_you import Parts
from recommender.models import Impression, Place
from recommender.patience import in_passing
from recommender.selectors import Reason, ReasonKind
from shop.models import Product
from shop.prepared import PreparedInsert
from shop.selectors.customers import closed_customers

FROM = "from"  # the parameter of a link that leads from an impression to a product
COUNTS_FOR = timedelta(days=1)  # after it was shown; a link that is shared and opened later is no click
WRITING_MS = 500
AT_ONCE = 1_000
ROBOTS = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|scrap|preview|monitor|curl|wget|python|java/|headless|lighthouse|facebookext",
    re.IGNORECASE,
)

STORE = PreparedInsert(Impression)
CLICK = """
    INSERT INTO recommender_click (impression_id, product_id, clicked_at)
    SELECT token, %s, %s FROM recommender_impression
    WHERE token = %s AND %s = ANY(product_ids) AND shown_at >= %s
    ON CONFLICT DO NOTHING
"""

logger = logging.getLogger(__name__)
_page: ContextVar[list[Impression] | None] = ContextVar("impressions of the page being made", default=None)


class Offered(Protocol):
    """A product and why it is offered."""

    @property
    def product(self) -> Product: ...
    @property
    def reason(self) -> Reason: ...
    @property
    def sentence(self) -> str: ...
    @property
    def evidence_url(self) -> str: ...
    @property
    def parts(self) -> Parts | None: ...


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """An offer with the address that its card leads to; `evidence_url` is what its reason's link adds."""

    product: Product
    reason: Reason
    sentence: str
    evidence_url: str
    url: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A product's page was reached from an impression."""

    token: UUID
    product_id: int


def shown(place: Place, offers: Sequence[Offered], beside: Product | None = None) -> list[ShownOffer]:
    """The offers with links that count. Outside a shopper's page nothing is noted, and links are plain."""
    page = _page.get()
    if page is None or not offers:
        return [as_shown(offer, offer.product.get_absolute_url()) for offer in offers]
    impression = Impression(
        token=uuid4(),
        place=place,
        beside_id=beside.pk if beside else None,
        product_ids=[offer.product.pk for offer in offers],
        parts=[asdict(offer.parts) if offer.parts else None for offer in offers],
        reasons=[[offer.reason.kind.value, offer.reason.label, offer.reason.count] for offer in offers],
        is_fallback=any(offer.reason.kind is ReasonKind.LOVED for offer in offers),
        shown_at=timezone.now(),
    )
    page.append(impression)
    query = f"?{FROM}={impression.token.hex}"
    return [as_shown(offer, offer.product.get_absolute_url() + query) for offer in offers]


def as_shown(offer: Offered, url: str) -> ShownOffer:
    _, _, evidence = offer.evidence_url.partition("?")
    joint = "&" if "?" in url else "?"
    return ShownOffer(offer.product, offer.reason, offer.sentence, evidence and joint + evidence, url)


@contextmanager
def noting() -> Iterator[list[Impression]]:
    """Impressions of the page that is made inside."""
    page: list[Impression] = []
    token = _page.set(page)
    try:
        yield page
    finally:
        _page.reset(token)


def is_a_shopper(request: HttpRequest) -> bool:
    """Somebody who looks at a page: no robot that says so, no program, no browser that fetches in advance."""
    agent = request.headers.get("User-Agent", "")
    fetched_in_advance = "prefetch" in (
        request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    )
    is_page = request.method == "GET" and not request.path.startswith(("/api/", "/admin/"))
    return is_page and bool(agent) and not ROBOTS.search(agent) and not fetched_in_advance


def opened_by(request: HttpRequest) -> Opened | None:
    """The click that a request is, if it is one."""
    match = request.resolver_match
    if match is None or match.view_name != "shop:product":
        return None
    try:
        return Opened(UUID(request.GET.get(FROM, "")), int(match.kwargs["product_id"]))
    except ValueError:
        return None


def record(impressions: Sequence[Impression], opened: Opened | None) -> None:
    """An insert for what was shown, one for what was opened. Never fails: the page is worth more."""
    try:
        with in_passing(WRITING_MS):
            for impression in impressions:
                STORE(impression)
            if opened:
                count_click(opened)
    except RecommenderUnavailable:
        logger.warning("What a page showed was not recorded: the recommender's database does not answer.")


def count_click(opened: Opened) -> None:
    """Only of a product that was shown there, soon after, once."""
    now = timezone.now()
    with connections["recommender"].cursor() as cursor:
        cursor.execute(
            CLICK, [opened.product_id, now, str(opened.token), opened.product_id, now - COUNTS_FOR]
        )


def forget_impressions() -> int:
    """Delete what is older than IMPRESSION_DAYS, and what was shown to customers who have gone."""
    oldest = timezone.now() - timedelta(days=settings.IMPRESSION_DAYS)
    forgotten = deleted(Impression.objects.filter(shown_at__lt=oldest))
    for customer_ids in those_shown_to():
        if gone := closed_customers(customer_ids):
            forgotten += deleted(Impression.objects.filter(customer_id__in=gone))
    return forgotten


def those_shown_to() -> Iterator[list[int]]:
    """The ids of the customers to whom something was shown, some at a time, as an index has them."""
    last = 0
    rows = Impression.objects.order_by("customer_id").values_list("customer_id", flat=True).distinct()
    while ids := [pk for pk in rows.filter(customer_id__gt=last)[:AT_ONCE] if pk]:
        yield ids
        last = ids[-1]


def deleted(rows: "QuerySet[Impression]") -> int:
    """How many there were; so many at once that no lock is held for long."""
    count = 0
    while tokens := list(rows.order_by().values_list("pk", flat=True)[:AT_ONCE]):
        Impression.objects.filter(pk__in=tokens).delete()
        count += len(tokens)
    return count
