"""The home page: what staff put there, and what stands in where they put nothing."""

from dataclasses import dataclass, field
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import (
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    prefetch_related_objects,
)
from django.utils.translation import get_language

from shop.models import Announcement, CarouselSlide, Category, HomeSlot, Product
from shop.models.catalogue import in_language
from shop.models.content import SlotKind
from shop.remembering import HOME_SECONDS, remembered
from shop.selectors.catalogue import ORDERINGS, Sort, departments, top_tags

HEADLINES = 3
SLIDES = 5
ON_A_SHELF = 8

# Times 1.0, since SQLite keeps a round price as an integer and would divide it as one.
REDUCED_TO = ExpressionWrapper(F("selling_price") * 1.0 / F("original_price"), FloatField())


@dataclass(frozen=True, slots=True)
class Headline:
    """An announcement, as far as the home page shows it."""

    announcement_id: int
    title: str


@dataclass(frozen=True, slots=True)
class Slide:
    title: str
    picture_url: str
    link: str


@dataclass(frozen=True, slots=True)
class Shelves:
    """Products ready for cards. `popular`, `newest` and `reduced` are filled where staff chose nothing."""

    hot: list[Product] = field(default_factory=list)
    new: list[Product] = field(default_factory=list)
    recommended: list[Product] = field(default_factory=list)
    popular: list[Product] = field(default_factory=list)
    newest: list[Product] = field(default_factory=list)
    reduced: list[Product] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.products)

    @property
    def products(self) -> list[Product]:
        return [*self.hot, *self.new, *self.recommended, *self.popular, *self.newest, *self.reduced]


@dataclass(frozen=True, slots=True)
class HomePage:
    departments: list[Category]
    tiles: list[Category]  # those that sell something, each with the `cover` of its most loved product
    headlines: list[Headline]
    slides: list[Slide]
    shelves: Shelves


@dataclass(frozen=True, slots=True)
class _Block:
    """A current row of any kind of content."""

    kind: str
    row_id: int  # a slot's is its product's
    rank: int
    title: str
    title_zh: str
    picture: str
    link: str


def home_page() -> HomePage:
    """As it was at most HOME_SECONDS ago: it is the same for all."""
    return remembered("home page", get_language(), HOME_SECONDS, _home_page)


def _home_page() -> HomePage:
    """Six queries at most, whatever stands there."""
    blocks = _blocks()
    known = _departments()
    return HomePage(
        departments=known,
        tiles=[department for department in known if getattr(department, "sells", False)],
        headlines=[
            Headline(block.row_id, in_language(block.title, block.title_zh))
            for block in sorted(blocks.get("announcement", []), key=lambda block: -block.row_id)[:HEADLINES]
        ],
        slides=[
            Slide(in_language(block.title, block.title_zh), default_storage.url(block.picture), block.link)
            for block in blocks.get("slide", [])[:SLIDES]
        ],
        shelves=_shelves(blocks),
    )


def current_announcements() -> "QuerySet[Announcement]":
    return Announcement.objects.current().order_by("-starts_at", "-pk")


def _departments() -> list[Category]:
    own = Product.objects.on_sale().filter(category__parent__parent=OuterRef("pk"))
    with_picture = own.exclude(cover="").order_by(*ORDERINGS[Sort.POPULAR])
    return list(departments().annotate(sells=Exists(own), cover=Subquery(with_picture.values("cover")[:1])))


def _blocks() -> dict[str, list[_Block]]:
    """All current content by kind, by rank: one query, whose parts have the same columns."""
    nothing = Value("")
    announcements = Announcement.objects.current().annotate(
        block=Value("announcement"), place=Value(0), file=nothing, address=nothing
    )
    slides = CarouselSlide.objects.current().annotate(
        block=Value("slide"), place=F("rank"), file=F("picture"), address=F("link")
    )
    slots = HomeSlot.objects.current().filter(product__is_on_sale=True, product__category__is_deleted=False)
    rows: QuerySet[Any, tuple[Any, ...]] = (
        announcements.order_by()
        .values_list("block", "pk", "place", "title", "title_zh", "file", "address")
        .union(
            slides.order_by().values_list("block", "pk", "place", "title", "title_zh", "file", "address"),
            slots.order_by().values_list("kind", "product_id", "rank", nothing, nothing, nothing, nothing),
            all=True,
        )
    )
    blocks: dict[str, list[_Block]] = {}
    for block in sorted((_Block(*row) for row in rows), key=lambda block: (block.rank, block.row_id)):
        blocks.setdefault(block.kind, []).append(block)
    return blocks


def _shelves(blocks: dict[str, list[_Block]]) -> Shelves:
    slots = {kind: [block.row_id for block in blocks.get(kind, [])[:ON_A_SHELF]] for kind in SlotKind.values}
    chosen = {product_id for product_ids in slots.values() for product_id in product_ids}
    found = Product.objects.in_bulk(chosen) if chosen else {}
    products = Product.objects.on_sale()
    hot, new, recommended = (
        [found[product_id] for product_id in slots[kind]]
        for kind in (SlotKind.HOT, SlotKind.NEW, SlotKind.RECOMMENDED)
    )
    loved = products.filter(review_count__gt=0).order_by(*ORDERINGS[Sort.POPULAR])
    reduced = products.available().filter(selling_price__lt=F("original_price")).order_by(REDUCED_TO, "pk")
    shelves = Shelves(
        hot=hot,
        new=new,
        recommended=recommended,
        popular=[] if hot else list(loved[:ON_A_SHELF]),
        newest=[] if new else list(products.order_by(*ORDERINGS[Sort.NEWEST])[: ON_A_SHELF // 2]),
        reduced=[] if recommended else list(reduced[: ON_A_SHELF // 2]),
    )
    prefetch_related_objects(shelves.products, top_tags())
    return shelves
