"""Writing imported products and reviews, a batch a transaction.

What identifies a row at its source (a product's ASIN, a review's source id) decides whether it is new, so
that an import can be killed anywhere and run again. What the shop knows already is never overwritten.
"""

import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, TypeAlias, TypeVar

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from shop.amazon.exceptions import AmazonFileDamaged
from shop.amazon.lines import LineFile
from shop.amazon.records import Fields, ProductRecord, ReviewRecord, fields_of, product_from, review_from
from shop.amazon.rejects import Reason, Rejected, RejectsFile
from shop.models import Category, Product, Review
from shop.models.reviews import ReviewStatus
from shop.services.stock import open_ledger

BATCH = 2_000  # half a second's work: a transaction stays well below the feed's overlap
OTHER, OTHER_ZH = "Other", "其他"

Column: TypeAlias = str | int | None
RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True)
class ImportRules:
    """What the files leave open."""

    department: str = "Grocery"
    currency_rate: Decimal = Decimal(1)  # a price in the shop's currency for 1.00 in the files
    default_stock: int = 100


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one batch; `filled` rows were there and gained something."""

    new: int
    filled: int = 0
    nameless: int = 0  # products made for reviews without metadata


@dataclass(slots=True)
class Tally:
    """What became of one file's lines: read = new + filled + unchanged + rejected."""

    read: int = 0
    new: int = 0
    filled: int = 0
    nameless: int = 0
    rejected: Counter[Reason] = field(default_factory=Counter)
    lacking: Counter[str] = field(default_factory=Counter)  # accepted lines without a title, a price, …
    damage: AmazonFileDamaged | None = None
    seconds: float = 0.0
    slowest_batch: float = 0.0  # seconds that one transaction took

    @property
    def unchanged(self) -> int:
        return self.read - self.new - self.filled - self.rejected.total()

    def add(self, written: Written) -> None:
        self.new += written.new
        self.filled += written.filled
        self.nameless += written.nameless


Progress = Callable[[Tally], None]  # called after every batch


@dataclass(frozen=True, slots=True)
class _Intake(Generic[RecordT]):
    """How the lines of one kind of file become rows."""

    read: Callable[[Fields], RecordT]
    lacks: Callable[[RecordT], Iterable[str]]
    write: Callable[[Sequence[RecordT]], Written]


def import_products(*, file: LineFile, rules: ImportRules, rejects: RejectsFile, progress: Progress) -> Tally:
    """Make or complete a product for each line of metadata.

    Raises DatabaseError where a batch could not be written; the batches before it stay.
    """
    shelves = _Shelves(rules.department)
    intake = _Intake(
        read=lambda fields: product_from(fields, rules.currency_rate),
        lacks=_lacks_of_product,
        write=lambda batch: _write_products(batch, shelves, rules),
    )
    return _import(file, intake, rejects, progress)


def import_reviews(*, file: LineFile, rules: ImportRules, rejects: RejectsFile, progress: Progress) -> Tally:
    """Publish each review that is not there yet, making the product that the shop lacks.

    Raises DatabaseError where a batch could not be written; the batches before it stay.
    """
    shelves = _Shelves(rules.department)
    key = salted_hmac("shop.imported-reviewers", "", algorithm="sha256").digest()
    intake = _Intake(
        read=lambda fields: review_from(fields, key),
        lacks=_lacks_of_review,
        write=lambda batch: _write_reviews(batch, shelves, rules),
    )
    return _import(file, intake, rejects, progress)


def automatic_name(asin: str) -> str:
    """The name of a product that has no title."""
    return f"Grocery item {asin}"


def _import(file: LineFile, intake: _Intake[RecordT], rejects: RejectsFile, progress: Progress) -> Tally:
    tally, started = Tally(), time.monotonic()
    with file:
        for batch in _batches(file, intake, rejects, tally):
            writing = time.monotonic()
            tally.add(intake.write(batch))
            now = time.monotonic()
            tally.seconds, tally.slowest_batch = now - started, max(tally.slowest_batch, now - writing)
            progress(tally)
    return tally


def _batches(
    file: LineFile, intake: _Intake[RecordT], rejects: RejectsFile, tally: Tally
) -> Iterator[list[RecordT]]:
    """The file's records; those before a damage too, which goes into the tally."""
    batch: list[RecordT] = []
    try:
        for line in file:
            tally.read += 1
            try:
                record = intake.read(fields_of(line))
            except Rejected as rejected:
                tally.rejected[rejected.reason] += 1
                rejects.add(file.path, line, rejected.reason)
                continue
            tally.lacking.update(intake.lacks(record))
            batch.append(record)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except AmazonFileDamaged as damage:
        tally.damage = damage
    yield batch


def _lacks_of_product(record: ProductRecord) -> Iterator[str]:
    if not record.name:
        yield "title"
    if record.price is None:
        yield "price"


def _lacks_of_review(record: ReviewRecord) -> Iterator[str]:
    if not (record.title or record.body):
        yield "text"


def _write_products(batch: Sequence[ProductRecord], shelves: "_Shelves", rules: ImportRules) -> Written:
    with transaction.atomic():
        asins = {record.asin for record in batch}
        there = {
            product.asin: product
            for product in Product.objects.select_for_update().filter(asin__in=asins).order_by("pk")
        }
        new: dict[str, Product] = {}
        gained: dict[str, set[str]] = {}
        for record in batch:
            product = there.get(record.asin) or new.get(record.asin)
            if product is None:
                product = new[record.asin] = _nameless_product(record.asin, shelves, rules)
                _fill(product, record, shelves)
            elif fields := _fill(product, record, shelves):
                gained.setdefault(record.asin, set()).update(fields)
        Product.objects.bulk_create(new.values())
        open_ledger(Product.objects.filter(asin__in=new))
        for asin in gained.keys() & there.keys():
            there[asin].save(update_fields=[*gained[asin], "changed_at"])
    return Written(new=len(new), filled=len(gained))


def _write_reviews(batch: Sequence[ReviewRecord], shelves: "_Shelves", rules: ImportRules) -> Written:
    with transaction.atomic():
        products = _locked_products(batch)
        source_ids = [record.source_id for record in batch]
        known = set(Review.objects.filter(source_id__in=source_ids).values_list("source_id", flat=True))
        new = {record.source_id: record for record in batch if record.source_id not in known}.values()
        missing = {record.asin for record in new} - products.keys()
        made = Product.objects.bulk_create(
            [_nameless_product(asin, shelves, rules) for asin in sorted(missing)]
        )
        if made:
            open_ledger(Product.objects.filter(asin__in=missing))
            products = _locked_products(batch)
        _insert_reviews([_review(products[record.asin], record) for record in new])
        _count(products, new)
    return Written(new=len(new), nameless=len(made))


def _locked_products(batch: Sequence[ReviewRecord]) -> dict[str, int]:
    """Ids by ASIN, locked before a review refers to them: whoever counts reviews of one waits for us."""
    asins = {record.asin for record in batch}
    rows = Product.objects.select_for_update().filter(asin__in=asins).order_by("pk")
    return {str(asin): pk for asin, pk in rows.values_list("asin", "pk")}


def _nameless_product(asin: str, shelves: "_Shelves", rules: ImportRules) -> Product:
    return Product(
        asin=asin, name=automatic_name(asin), category=shelves.catch_all(), on_hand=rules.default_stock
    )


def _fill(product: Product, record: ProductRecord, shelves: "_Shelves") -> set[str]:
    """Set what the product lacks; returns the names of those fields."""
    before = {name: getattr(product, name) for name in ("name", "brand", "brief", "detail", "selling_price")}
    if product.name == automatic_name(record.asin):
        product.name = record.name or product.name
    product.brand = product.brand or record.brand
    product.brief = product.brief or record.brief
    product.detail = product.detail or record.detail
    product.selling_price = product.selling_price or record.price
    filled = {name for name, value in before.items() if getattr(product, name) != value}
    shelf = shelves.at(record.categories)
    if product.category_id == shelves.catch_all().pk != shelf.pk:
        product.category = shelf
        filled.add("category")
    return filled


def _review(product_id: int, record: ReviewRecord) -> dict[str, Column]:
    """By column. `changed_at` is the time of writing: the feed's readers look at what changed since."""
    adapted = connection.ops.adapt_datetimefield_value
    return {
        "product_id": product_id,
        "customer_id": None,
        "author_name": record.author_name,
        "stars": record.stars,
        "title": record.title,
        "body": record.body,
        "helpful_votes": record.helpful_votes,
        "is_verified_purchase": record.is_verified_purchase,
        "source_id": record.source_id,
        "status": ReviewStatus.PUBLISHED.value,
        "created_at": adapted(record.created_at),
        "changed_at": adapted(timezone.now()),
    }


def _insert_reviews(rows: Sequence[dict[str, Column]]) -> None:
    """As `bulk_create` would, whose model instances and expressions cost more time than all the rest."""
    if not rows:
        return
    columns = ", ".join(connection.ops.quote_name(column) for column in rows[0])
    places = ", ".join(["%s"] * len(rows[0]))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {Review._meta.db_table} ({columns}) VALUES ({places})",  # noqa: S608 (our own names)
            [tuple(row.values()) for row in rows],
        )


def _count(products: dict[str, int], new: Iterable[ReviewRecord]) -> None:
    """Add the new reviews to their products: one statement for all that gain the same."""
    reviews: Counter[int] = Counter()
    stars: Counter[int] = Counter()
    for record in new:
        reviews[products[record.asin]] += 1
        stars[products[record.asin]] += record.stars
    gains: dict[tuple[int, int], list[int]] = {}
    for product_id, count in reviews.items():
        gains.setdefault((count, stars[product_id]), []).append(product_id)
    for (count, total), product_ids in gains.items():
        Product.objects.filter(pk__in=product_ids).update(
            review_count=F("review_count") + count, stars_total=F("stars_total") + total
        )


class _Shelves:
    """The third-level categories below a department; one that is missing is made when a product needs it."""

    def __init__(self, department: str) -> None:
        self.department = department
        self.by_place = {(row.parent_id, _folded(row.name)): row for row in Category.objects.all()}

    def catch_all(self) -> Category:
        return self.at(())

    def at(self, names: Sequence[str]) -> Category:
        """The shelf below the department for two names or fewer: those missing are Other."""
        node: Category | None = None
        for level, name in enumerate((self.department, *names, OTHER, OTHER)[: Category.DEEPEST], start=1):
            node = self._child(node, name, level)
        assert node is not None  # noqa: S101 (there are three levels)
        return node

    def _child(self, parent: Category | None, name: str, level: int) -> Category:
        place = (parent.pk if parent else None, _folded(name))
        if place not in self.by_place:
            self.by_place[place] = Category.objects.create(
                parent=parent, level=level, name=name, name_zh=OTHER_ZH if name == OTHER else ""
            )
        return self.by_place[place]


def _folded(name: str) -> str:
    """Equal for names that MySQL's collations hold equal: letter case and accents do not count."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).rstrip()
