"""What the shop's search box asks for: words in full text, fused with what they mean.

Every word has to stand in what a product is called, is kept under or is said to be; where few products have
them all there, in their reviews too; where none has them at all, most of what they tell is enough. Ranks by
words and by meaning are fused by their reciprocals (Cormack et al., 2009); but what is called so comes first,
and what reviews alone say last. A mistyped word is looked for as one that is spelt nearly so.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from django.conf import settings
from django.contrib.postgres.search import SearchQuery
from django.db.models import Case, F, FloatField, Func, Max, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Length

from recommender.chinese import asked_terms, is_chinese
from recommender.embedders import embedder_in_use
from recommender.embedding import Embedder
from recommender.exceptions import EmbedderUnusable, ModelMismatch, RecommenderUnavailable
from recommender.models import ProductEntry, SearchTerm, Spelling
from recommender.patience import page_patience
from recommender.search import Filters, nearest
from recommender.selectors import meant_by
from recommender.text_search import STEEPNESS, AskedTerm, any_of, rank_of
from recommender.words import content_words, is_spelt, stem, stems_of, words_of
from shop.exceptions import FinderSilent
from shop.search_box import Found

MOST_FOUND = 1_000
MOST_NAMED = 240  # ten pages, of which those that are called so come first
MOST_NEAR = 24  # products that have none of the words, for their meaning alone
MEANS_IT_TOO = 0.55  # cosine from which a product that lacks the words is found beside those that have them
COMES_CLOSE = 0.45  # and where none has them
ENOUGH = 12  # called or described so: then what reviews mention in passing is left out
MOST_OF_IT = 0.5  # of what the words tell, where no product has them all
FUSION = 60  # how little the first ranks differ
FEW = 3  # products with most of a Chinese text's words, which tell what it means
RARE = 2  # products with a word that may be a mistyped other one
MORE_COMMON = 10  # times as many have that other one
MOST_TERMS = 24


def find(text: str, is_literal: bool) -> Found:
    """For shop.search_box. Raises FinderSilent where it knows nothing of them, or not in time."""
    try:
        with page_patience(settings.RECOMMENDER_SEARCH_TIMEOUT_MS, at_one_moment=True):
            return found_by(text, is_literal)
    except RecommenderUnavailable as error:
        raise FinderSilent from error


def found_by(text: str, is_literal: bool = False, embedder: Embedder | None = None) -> Found:
    """Raises FinderSilent where the text has no words to look for, or the products are not read yet."""
    if not is_read():
        raise FinderSilent
    spelling = "" if is_literal else spelt(text)
    terms = terms_for(spelling or text)
    if not terms:
        raise FinderSilent
    words = worded(terms)
    named = named_so(spelling or text, list(words.ranks))
    meaning = in_time_near(spelling or text, words.ranks, embedder)
    least = MEANS_IT_TOO if words.has_all else COMES_CLOSE
    # What a Chinese text means is guessed from what its words found: it may rank that, and add nothing.
    by_meaning = [
        product_id
        for product_id, cosine in meaning.items()
        if product_id in words.ranks or (cosine >= least and not is_chinese(text))
    ]
    product_ids = fused([list(words.ranks), by_meaning])
    if not product_ids:
        raise FinderSilent
    product_ids.sort(key=lambda pk: (pk not in named, pk not in words.called))
    return Found(tuple(product_ids[:MOST_FOUND]), spelling, is_near=not words.has_all)


def is_read() -> bool:
    """Whether there are products, and each has its document."""
    unread = ProductEntry.objects.stale().filter(document__isnull=True)
    return ProductEntry.objects.exists() and not unread.exists()


@dataclass(frozen=True, slots=True)
class Worded:
    """By product id its rank by words, the best first, whether these have every word, and which of them are
    called, kept or described so."""

    ranks: Mapping[int, float]
    has_all: bool
    called: Collection[int] = ()


def worded(terms: Sequence[AskedTerm]) -> Worded:
    called = ranked(terms, all_of(terms, "ABC"))
    if len(called) >= ENOUGH:
        return Worded(called, has_all=True, called=called)
    if said := ranked(terms, all_of(terms)):
        ranks = called | {pk: rank for pk, rank in said.items() if pk not in called}
        return Worded(ranks, has_all=True, called=called)
    return Worded(ranked(terms, any_of(terms), least=MOST_OF_IT), has_all=False)


def named_so(text: str, product_ids: Sequence[int]) -> set[int]:
    """Those whose name ends with these words, as the names of kinds do in English and in Chinese: milk
    chocolate is chocolate. What follows a comma or a bracket says how much or how it is made."""
    asked = stems_of(words_of(text))
    found = ProductEntry.objects.filter(pk__in=product_ids[:MOST_NAMED]).values_list("pk", "name", "name_zh")
    return {
        pk
        for pk, name, name_zh in found
        if (asked and stems_of(words_of(kind_in(name)))[-len(asked) :] == asked)
        or (is_chinese(text) and kind_in(name_zh).endswith(text.strip()))
    }


def kind_in(name: str) -> str:
    return re.split(r"[,(，（]", name, maxsplit=1)[0].strip()


def ranked(terms: Sequence[AskedTerm], query: SearchQuery, least: float = 0.0) -> dict[int, float]:
    """What the query finds, the weightiest first; only what says `least` of all that the terms tell."""
    told = sum(term.rarity for term in terms) or 1.0
    rank = sum((Value(term.rarity / told) * rank_of(term) for term in terms), start=Value(0.0, FloatField()))
    rows = ProductEntry.objects.filter(document=query).annotate(rank=rank)
    if least:
        rows = rows.annotate(share=share_of(terms, told)).filter(share__gte=least)
    found = rows.order_by(F("rank").desc(), "product_id").values_list("product_id", "rank")
    return dict(found[:MOST_FOUND])


def share_of(terms: Sequence[AskedTerm], told: float) -> Combinable:
    parts = [
        Case(When(document=any_of([term]), then=Value(term.rarity / told)), default=Value(0.0))
        for term in terms
    ]
    return sum(parts[1:], start=parts[0])


def all_of(terms: Sequence[AskedTerm], weights: str = "") -> SearchQuery:
    """Terms are letters, digits, Chinese characters and our own `:*` alone: none is an operator."""
    places = [_place(term.text, weights) for term in terms]
    return SearchQuery(" & ".join(places), search_type="raw", config="simple")


def _place(term: str, weights: str) -> str:
    if not weights:
        return term
    return f"{term}{weights}" if term.endswith(":*") else f"{term}:{weights}"


def terms_for(text: str) -> list[AskedTerm]:
    """Stems and Chinese terms, each with how telling it is.

    A stem that no product has is taken for the beginning of one; of Chinese, pairs that no product has are
    two words that met.
    """
    stems = [stem(word) for word in content_words(text)]
    wanted = list(dict.fromkeys([*stems, *asked_terms(text)]))[:MOST_TERMS]
    counts = dict(SearchTerm.objects.filter(pk__in=wanted).values_list("text", "product_count"))
    most = SearchTerm.objects.aggregate(most=Max("product_count"))["most"] or 0

    def asked(term: str) -> AskedTerm:
        rarity = log(1 + most / max(counts.get(term, 1), 1)) ** STEEPNESS
        return AskedTerm(term if term in counts else f"{term}:*", rarity)

    return [asked(term) for term in wanted if term in counts or not is_chinese(term)]


def in_time_near(text: str, words: Mapping[int, float], embedder: Embedder | None) -> dict[int, float]:
    """As `near`; nothing where the encoder is missing or still being loaded: words alone will do."""
    try:
        return near(text, words, embedder or embedder_in_use())
    except (RecommenderUnavailable, EmbedderUnusable, ModelMismatch):
        return {}


def near(text: str, words: Mapping[int, float], embedder: Embedder) -> dict[int, float]:
    """By product id its cosine, the nearest first.

    The encoder reads English: a Chinese text means what the products with most of its words say together.
    """
    vector = meant_by(words, FEW) if is_chinese(text) else embedder.embed([text])[0]
    if not vector.any():
        return {}
    return {match.product_id: match.similarity for match in nearest(vector, Filters(), MOST_NEAR)}


def fused(rankings: Iterable[Sequence[int]]) -> list[int]:
    """By the sum of their reciprocal ranks, the best first; equal ones by id."""
    scores: dict[int, float] = defaultdict(float)
    for ranking in rankings:
        for place, product_id in enumerate(ranking, start=1):
            scores[product_id] += 1 / (FUSION + place)
    return sorted(scores, key=lambda product_id: (-scores[product_id], product_id))


def spelt(text: str) -> str:
    """The text with its mistyped words as they are spelt here; empty where none is mistyped."""
    words = list(filter(is_spelt, content_words(text)))
    counts = dict(SearchTerm.objects.filter(pk__in=map(stem, words)).values_list("text", "product_count"))
    spelling = {}
    for word in words:
        count = counts.get(stem(word), 0)
        if count <= RARE and not is_meant(stem(word), count) and (right := right_word(word, count)):
            spelling[word] = right
    if not spelling:
        return ""
    return re.sub(r"[a-z]+", lambda found: spelling.get(found[0], found[0]), text.lower())


def is_meant(term: str, count: int) -> bool:
    """Whether a product is called or described so; or where none has the term, whether it begins another."""
    if not count:
        return SearchTerm.objects.filter(text__startswith=term).exists()
    return ProductEntry.objects.filter(document=all_of([AskedTerm(term, 1.0)], "ABC")).exists()


def right_word(word: str, count: int) -> str:
    """The nearest of the words that are spelt nearly like this one, of these the commonest; or empty."""
    mistakes = 1 if len(word) < 8 else 2
    likely = spelt_nearly(word, mistakes).filter(product_count__gte=count * MORE_COMMON)
    candidates = [
        (distance, -n, other)
        for other, n in likely.values_list("text", "product_count")
        if (distance := mistakes_between(word, other)) <= mistakes
    ]
    return min(candidates, default=(0, 0, ""))[2]


def spelt_nearly(word: str, mistakes: int) -> QuerySet[Spelling]:
    """The words that begin with one of its first two letters, and may be no more mistakes from it.

    A letter that the other has not is a mistake, by which nearly all are passed over where they lie.
    """
    begun = Q(text__startswith=word[0]) | Q(text__startswith=word[1])
    rows = Spelling.objects.filter(begun).alias(
        letters=Length("text"), added=only_in(F("text"), Value(word)), missing=only_in(Value(word), F("text"))
    )
    return rows.filter(
        letters__gte=len(word) - mistakes,
        letters__lte=len(word) + mistakes,
        added__lte=mistakes,
        missing__lte=mistakes,
    )


def only_in(one: Combinable, other: Combinable) -> Length:
    """How many letters of the one word the other has not."""
    return Length(Func(one, other, Value(""), function="translate"))


def mistakes_between(one: str, other: str) -> int:
    """Letters that are missing, too many, others, or two that changed places (Damerau, 1964)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        current = [row]
        for column, its in enumerate(other, start=1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != its))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == its:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, last = last, current
    return last[-1]
