"""Copying what changed in the shop, each row upserted on its own id, unless it says nothing new."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model

from recommender.chinese import terms
from recommender.feed_reading import read_on
from recommender.models import Label, ProductEntry, ReviewEntry, ReviewLabel
from shop.selectors import feed
from shop.selectors.feed import ProductRow, ReviewRow

PRODUCT_FIELDS = (
    "name", "name_zh", "path", "path_zh", "text", "detail", "terms_zh", "category_ids", "selling_price",
    "is_available",
)  # fmt: skip
TEXT_FIELDS = ("name", "name_zh", "path", "path_zh", "text", "detail", "terms_zh")  # what is made of words
REVIEW_FIELDS = ("product_id", "stars", "title", "body", "is_published")
FEW = 32


EntryT = TypeVar("EntryT", bound=Model)


@dataclass(frozen=True, slots=True)
class Ingested:
    """How many entries were new or changed; and which, where they are few enough to go before all others."""

    products: int = 0
    reviews: int = 0
    review_ids: frozenset[int] = frozenset()
    product_ids: frozenset[int] = frozenset()  # those of the reviews, too

    def __bool__(self) -> bool:
        return bool(self.products or self.reviews)

    def __add__(self, other: "Ingested") -> "Ingested":
        return Ingested(self.products + other.products, self.reviews + other.reviews)


def ingest_changes(progress: Callable[[int], object] = lambda rows: None) -> Ingested:
    """Read both feeds to their end; products first, so that a review finds its own."""
    products = read_on("products", feed.changed_products, store_products, progress)
    reviews = read_on("reviews", feed.changed_reviews, store_reviews, progress)
    if len(products) + len(reviews) > FEW:
        return Ingested(len(products), len(reviews))
    reviewed = ReviewEntry.objects.filter(pk__in=reviews).values_list("product_id", flat=True)
    return Ingested(len(products), len(reviews), frozenset(reviews), frozenset(products).union(reviewed))


def store_products(rows: Sequence[ProductRow]) -> list[int]:
    """Upsert; a product whose text changed needs a new vector. Returns the ids of new and changed ones."""
    entries = [
        ProductEntry(
            product_id=row.product_id,
            name=row.name,
            name_zh=row.name_zh,
            path=path_of(row),
            path_zh=" / ".join(filter(None, row.category_names_zh[1:])),
            text=text_of(row),
            detail="\n".join(filter(None, (row.detail, row.detail_zh))),
            terms_zh=" ".join(term for text in row.words_zh for term in terms(text)),
            category_ids=list(row.category_ids),
            selling_price=row.selling_price,
            is_available=row.is_available,
        )
        for row in rows
    ]
    known = ProductEntry.objects.in_bulk([entry.product_id for entry in entries])
    changed = [entry for entry in entries if _differs(entry, known.get(entry.product_id), PRODUCT_FIELDS)]
    ProductEntry.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["product_id"], update_fields=PRODUCT_FIELDS
    )
    ProductEntry.objects.mark_stale(
        entry.product_id
        for entry in changed
        if entry.product_id in known and _differs(entry, known[entry.product_id], TEXT_FIELDS)
    )
    return [entry.product_id for entry in changed]


def text_of(row: ProductRow) -> str:
    return ". ".join(part for part in (row.name, row.brief, row.brand, path_of(row)) if part)


def path_of(row: ProductRow) -> str:
    """Without the department: a tea is no coffee for standing in the same one."""
    return " / ".join(row.category_names[1:])


def store_reviews(rows: Sequence[ReviewRow]) -> list[int]:
    """Upsert; one that reads differently now loses its labels. Returns the ids of new and changed ones."""
    entries = [
        ReviewEntry(
            review_id=row.review_id,
            product_id=row.product_id,
            stars=row.stars,
            title=row.title,
            body=row.body,
            is_published=row.is_published,
            labelled_with="",
        )
        for row in rows
    ]
    known = ReviewEntry.objects.in_bulk([entry.review_id for entry in entries])
    changed = [entry for entry in entries if _differs(entry, known.get(entry.review_id), REVIEW_FIELDS)]
    ReviewEntry.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["review_id"],
        update_fields=(*REVIEW_FIELDS, "labelled_with"),
    )
    before = [known[entry.review_id] for entry in changed if entry.review_id in known]
    _drop_labels(before)
    ProductEntry.objects.mark_stale(entry.product_id for entry in (*changed, *before))
    return [entry.review_id for entry in changed]


def _drop_labels(reviews: Sequence[ReviewEntry]) -> None:
    dropped = ReviewLabel.objects.filter(review_id__in=[review.review_id for review in reviews])
    texts = set(dropped.values_list("label_id", flat=True))
    dropped.delete()
    Label.objects.count_products(texts)


def _differs(entry: EntryT, known: EntryT | None, fields: Sequence[str]) -> bool:
    return known is None or any(getattr(entry, field) != getattr(known, field) for field in fields)
