"""Search by words: PostgreSQL full text over `documents`, each term weighed by how few products have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, FloatField, Subquery, Value

from recommender.chinese import asked_terms
from recommender.models import ProductEntry, SearchTerm
from recommender.words import content_words, stem

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Of what is called so, of its kind and tags, of its description, of its reviews: D, C, B, A for PostgreSQL.
WEIGHTS = (0.6, 0.6, 0.8, 1.0)
STEEPNESS = (
    1.5  # of the inverse document frequency: a rare word says what is meant, common ones are said along
)
MOST_TERMS = 40
BUT_REVIEWS = "ABC"  # the places of a document that are the product's own


@dataclass(frozen=True, slots=True)
class AskedTerm:
    text: str
    rarity: float  # inverse document frequency


def asked_for_terms(text: str) -> list[AskedTerm]:
    """The terms of `text` that some document has, each with how telling it is."""
    wanted = list(dict.fromkeys([*map(stem, content_words(text)), *asked_terms(text)]))[:MOST_TERMS]
    if not wanted:
        return []
    commonest = SearchTerm.objects.order_by("-product_count").values("product_count")[:1]
    rows = SearchTerm.objects.filter(pk__in=wanted).annotate(most=Subquery(commonest))
    told = {text: most / n for text, n, most in rows.values_list("text", "product_count", "most")}
    rarities = {term: log(1 + told[term]) ** STEEPNESS for term in wanted if term in told}
    return [AskedTerm(term, rarity) for term, rarity in rarities.items()]


def worded(terms: Sequence[AskedTerm], rows: "QuerySet[ProductEntry]", limit: int) -> dict[int, float]:
    """By product id, the share of what the terms tell that its document says, 0 to 1; the best first."""
    if not terms:
        return {}
    told = sum(term.rarity for term in terms)
    rank = sum((Value(term.rarity / told) * rank_of(term) for term in terms), start=Value(0.0, FloatField()))
    matched = rows.filter(document=any_of(terms)).annotate(rank=rank)
    found = matched.order_by(F("rank").desc(), "product_id").values_list("product_id", "rank")
    return dict(found[:limit])


def rank_of(term: AskedTerm) -> SearchRank:
    return SearchRank(F("document"), any_of([term]), weights=list(WEIGHTS))


def any_of(terms: Sequence[AskedTerm], places: str = "") -> SearchQuery:
    """Terms are letters, digits or characters of Chinese alone, so that none is an operator."""
    mark = f":{places}" if places else ""
    return SearchQuery(" | ".join(term.text + mark for term in terms), search_type="raw", config="simple")
