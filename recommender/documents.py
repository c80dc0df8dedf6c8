"""What search by words reads of a product, as a tsvector of our own terms.

PostgreSQL splits no Chinese and knows no fields; here English comes as stems, Chinese as
characters and pairs of them, each with the weight of its place. How many products have a term is counted as
documents are written, so that no request has to count; and how many are called or kept by a word, as it is
spelt, so that none reads products in order to correct a mistyped one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from django.contrib.postgres.search import SearchVectorField
from django.db import connections, transaction
from django.db.models import Func, Value

from recommender.chinese import terms
from recommender.contents import held_terms
from recommender.models import ProductEntry, ProductWords, SearchTerm, Spelling, TagCluster
from recommender.reviews import latest_reviews
from recommender.words import content_words, spelt_words, stem, words_of
from shop.label_names import chinese_names

LONGEST_TERM = 64
LAST_POSITION = 16_383  # that a tsvector can hold
MOST_PLACES = 24  # of one term: the rank hardly grows with more
MOST_REVIEWS = 200  # read of a product, the latest

COUNT = """
    INSERT INTO {table} AS known (text, product_count)
    SELECT text, n FROM unnest(%s::text[], %s::int[]) AS counted (text, n)
    ON CONFLICT (text) DO UPDATE SET product_count = known.product_count + excluded.product_count
"""


@dataclass(frozen=True, slots=True)
class Sources:
    """The texts of a product's document by weight, the weightiest first: A is what it is called."""

    a: str
    b: str
    c: str
    d: str

    def weighted(self) -> Iterator[tuple[str, str]]:
        return zip("ABCD", (self.a, self.b, self.c, self.d), strict=True)


def store_documents(product_ids: Sequence[int]) -> None:
    """Write the documents of these products from what is stored of them, and count their terms and words."""
    with transaction.atomic(using="recommender"):
        rows = ProductEntry.objects.filter(pk__in=product_ids).order_by("pk").select_for_update()
        entries = list(rows.defer("embedding"))
        before = Counter(chain.from_iterable(map(terms_in, entries)))
        documents = {entry.pk: document_of(sources) for entry, sources in read_sources(entries)}
        for entry in entries:
            entry.document = literal(tsvector(documents[entry.pk]))
            entry.holds = literal(" ".join(held_terms(entry.name, entry.detail, (entry.text,))))
        ProductEntry.objects.bulk_update(entries, ["document", "holds"])
        after = Counter(chain.from_iterable(documents.values()))
        after.subtract(before)
        count(SearchTerm, after)
        count_words(entries)


def read_sources(entries: Sequence[ProductEntry]) -> Iterator[tuple[ProductEntry, Sources]]:
    ids = [entry.pk for entry in entries]
    labels, reviews = labels_of(ids), reviews_of(ids)
    for entry in entries:
        told = " . ".join(
            chain.from_iterable((label, chinese_names().get(label, "")) for label in labels[entry.pk])
        )
        yield entry, Sources(
            a=f"{entry.name} . {entry.name_zh}",
            b=f"{entry.path} . {entry.path_zh} . {entry.text} . {told}",
            c=f"{entry.detail} . {entry.terms_zh}",
            d=" . ".join(reviews[entry.pk]),
        )  # fmt: skip


def labels_of(product_ids: Sequence[int]) -> Mapping[int, list[str]]:
    """By product, its tags; criticism is nothing that anybody searches for."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = TagCluster.objects.filter(product_id__in=product_ids, polarity__gte=0).order_by(
        "product_id", "rank"
    )
    for product_id, label in rows.values_list("product_id", "medoid_id"):
        found[product_id].append(label)
    return found


def reviews_of(product_ids: Sequence[int]) -> Mapping[int, list[str]]:
    found = latest_reviews(product_ids, MOST_REVIEWS)
    return {
        product_id: [f"{review.title} . {review.body}" for review in found[product_id]]
        for product_id in product_ids
    }


def document_of(sources: Sources) -> dict[str, list[str]]:
    """By term, its places as a tsvector writes them: `3A`."""
    places: dict[str, list[str]] = defaultdict(list)
    position = 0
    for weight, text in sources.weighted():
        for term in terms_of(text):
            position = min(position + 1, LAST_POSITION)
            if len(places[term]) < MOST_PLACES:
                places[term].append(f"{position}{weight}")
    return places


def terms_of(text: str) -> Iterator[str]:
    """Stems and Chinese terms."""
    for word in words_of(text):
        if content_words(word) and len(word) <= LONGEST_TERM:
            yield stem(word)
    yield from terms(text)


def tsvector(document: Mapping[str, Sequence[str]]) -> str:
    """Terms are letters, digits and Chinese characters alone: nothing of it needs quotes."""
    return " ".join(f"{term}:{','.join(places)}" for term, places in document.items())


def literal(written: str) -> Func:
    return Func(Value(written), template="%(expressions)s::tsvector", output_field=SearchVectorField())


def terms_in(entry: ProductEntry) -> list[str]:
    """Of a stored document: `'tea':1A,5B 'green':2A`."""
    stored = entry.document or ""
    return [part.split("'")[1] for part in stored.split() if part.startswith("'")]


def count_words(entries: Sequence[ProductEntry]) -> None:
    """Those by which these products are called and kept."""
    words = {entry.pk: spelt_words(f"{entry.name} {entry.text}") for entry in entries}
    known = dict(ProductWords.objects.filter(pk__in=words).values_list("pk", "words"))
    changed = [ProductWords(pk=pk, words=its) for pk, its in words.items() if its != known.get(pk)]
    after = Counter(chain.from_iterable(row.words for row in changed))
    after.subtract(chain.from_iterable(known.get(row.pk, ()) for row in changed))
    count(Spelling, after)
    ProductWords.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["product_id"], update_fields=["words"]
    )


def count(counted: type[SearchTerm] | type[Spelling], changes: Mapping[str, int]) -> None:
    """In one order, so that two writers never wait for each other in a ring."""
    ordered = sorted(text for text, n in changes.items() if n)
    with connections["recommender"].cursor() as cursor:
        statement = COUNT.format(table=counted._meta.db_table)
        cursor.execute(statement, [ordered, [changes[text] for text in ordered]])
    counted.objects.filter(pk__in=ordered, product_count__lte=0).delete()


def forget_documents(product_ids: Iterable[int]) -> None:
    """Count their terms and words no more: the products are about to go."""
    ids = list(product_ids)
    entries = ProductEntry.objects.filter(pk__in=ids).only("pk", "document")
    words = ProductWords.objects.filter(pk__in=ids)
    terms_gone = Counter(chain.from_iterable(map(terms_in, entries)))
    words_gone = Counter(chain.from_iterable(words.values_list("words", flat=True)))
    count(SearchTerm, {term: -n for term, n in terms_gone.items()})
    count(Spelling, {word: -n for word, n in words_gone.items()})
    words.delete()
