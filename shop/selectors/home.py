"""The home page: what staff put there, and what stands in where they put nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pickle import dumps
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
)
from django.utils.translation import get_language

from shop.models import Announcement, CarouselSlide, Category, HomeSlot, Product
from shop.models.catalogue import in_language
from shop.models.content import SlotKind
from shop.remembering import HOME_SECONDS, remembered
from shop.selectors.catalogue import ORDERINGS, Sort, departments, top_tags
from shop.selectors.statements import in_one_statement

HEADLINES = 3
SLIDES = 5
ON_A_SHELF = 8
TO_BEGIN_WITH = 4
LISTS = POPULAR, NEWEST, REDUCED = ("popular", "newest", "reduced")

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
    loved: list[Product]  # what somebody of whom nothing is known may begin with
    token: str  # the same for pages that show the same below the four: what is drawn of them is kept by it


@dataclass(frozen=True, slots=True)
class _Block:
    """A current row of any kind of content, or a product that stands in for one."""

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
    """Four queries at most, whatever stands there: which rows, in two; their cards; the tags on these."""
    blocks = _blocks()
    known = _departments()
    favourites = [pk for pk in (getattr(department, "favourite", None) for department in known) if pk]
    slots = {kind: _ids(blocks, kind) for kind in SlotKind.values}
    listed = {kind: _ids(blocks, kind) for kind in LISTS}
    wanted = {pk for ids in (*slots.values(), *listed.values(), favourites) for pk in ids}
    rows = Product.objects.filter(pk__in=wanted).without_texts().prefetch_related(top_tags())
    found = {product.pk: product for product in rows} if wanted else {}
    tiles = [department for department in known if getattr(department, "sells", False)]
    headlines = [
        Headline(block.row_id, in_language(block.title, block.title_zh))
        for block in sorted(blocks.get("announcement", []), key=lambda block: -block.row_id)[:HEADLINES]
    ]
    slides = [
        Slide(in_language(block.title, block.title_zh), default_storage.url(block.picture), block.link)
        for block in blocks.get("slide", [])[:SLIDES]
    ]
    shelves = _shelves(slots, listed, found)
    return HomePage(
        departments=known,
        tiles=tiles,
        headlines=headlines,
        slides=slides,
        shelves=shelves,
        loved=_loved(favourites, listed[POPULAR], found),
        token=sha256(dumps((tiles, headlines, slides, shelves))).hexdigest(),
    )


def current_announcements() -> "QuerySet[Announcement]":
    return Announcement.objects.current().order_by("-starts_at", "-pk")


def _departments() -> list[Category]:
    """Each with the `cover` of its most loved product that has one, and its `favourite` that can be had."""
    own = Product.objects.on_sale().filter(category__parent__parent=OuterRef("pk"))
    with_picture = own.exclude(cover="").order_by(*ORDERINGS[Sort.POPULAR])
    loved = own.available().filter(review_count__gt=0).order_by(*ORDERINGS[Sort.POPULAR])
    return list(
        departments().annotate(
            sells=Exists(own),
            cover=Subquery(with_picture.values("cover")[:1]),
            favourite=Subquery(loved.values("pk")[:1]),
        )
    )


def _blocks() -> dict[str, list[_Block]]:
    """All current content by kind, by rank, and what stands in for it: one statement of parts alike."""
    nothing = Value("")
    announcements = Announcement.objects.current().annotate(
        block=Value("announcement"), place=Value(0), file=nothing, address=nothing
    )
    slides = CarouselSlide.objects.current().annotate(
        block=Value("slide"), place=F("rank"), file=F("picture"), address=F("link")
    )
    slots = HomeSlot.objects.current().filter(product__is_on_sale=True, product__category__is_deleted=False)
    rows = in_one_statement(
        announcements.order_by().values_list("block", "pk", "place", "title", "title_zh", "file", "address"),
        slides.order_by().values_list("block", "pk", "place", "title", "title_zh", "file", "address"),
        slots.order_by().values_list("kind", "product_id", "rank", nothing, nothing, nothing, nothing),
        *(
            products.values_list(Value(kind), "pk", Value(0), nothing, nothing, nothing, nothing)
            for kind, products in _listed().items()
        ),
    )
    blocks: dict[str, list[_Block]] = {}
    for block in sorted((_Block(*row) for row in rows), key=lambda block: (block.rank, block.row_id)):
        blocks.setdefault(block.kind, []).append(block)
    return blocks


def _listed() -> "dict[str, QuerySet[Product]]":
    """What stands on a shelf where staff chose nothing; of the most loved, some to spare."""
    products = Product.objects.on_sale()
    loved = products.filter(review_count__gt=0).order_by(*ORDERINGS[Sort.POPULAR])
    reduced = products.available().filter(selling_price__lt=F("original_price")).order_by(REDUCED_TO, "pk")
    return {
        POPULAR: loved[: ON_A_SHELF + TO_BEGIN_WITH],
        NEWEST: products.order_by(*ORDERINGS[Sort.NEWEST])[: ON_A_SHELF // 2],
        REDUCED: reduced[: ON_A_SHELF // 2],
    }


def _ids(blocks: dict[str, list[_Block]], kind: str) -> list[int]:
    most = ON_A_SHELF if kind in SlotKind.values else None
    return [block.row_id for block in blocks.get(kind, [])[:most]]


def _shelves(slots: dict[str, list[int]], listed: dict[str, list[int]], found: dict[int, Product]) -> Shelves:
    def cards(ids: list[int], order: Callable[[Product], Any] | None = None) -> list[Product]:
        products = [found[pk] for pk in ids if pk in found]
        return sorted(products, key=order) if order else products

    hot, new, recommended = (
        cards(slots[kind]) for kind in (SlotKind.HOT, SlotKind.NEW, SlotKind.RECOMMENDED)
    )
    return Shelves(
        hot=hot,
        new=new,
        recommended=recommended,
        popular=[] if hot else cards(listed[POPULAR], _by_love),
        newest=[] if new else cards(listed[NEWEST], _by_age),
        reduced=[] if recommended else cards(listed[REDUCED], _by_reduction),
    )


def _loved(favourites: list[int], popular: list[int], found: dict[int, Product]) -> list[Product]:
    """To begin with: the favourite of each department, the most loved first, then what else is loved."""
    by_department = sorted((found[pk] for pk in favourites if pk in found), key=_by_love)
    among = {product.pk for product in by_department}
    others = [found[pk] for pk in popular if pk in found and pk not in among and found[pk].is_available]
    return [*by_department, *sorted(others, key=_by_love)]


def _by_love(product: Product) -> tuple[int, ...]:
    """As Sort.POPULAR orders."""
    return (-product.review_count, -product.stars_total, product.pk)


def _by_age(product: Product) -> tuple[float, int]:
    """As Sort.NEWEST orders."""
    return (-product.created_at.timestamp(), -product.pk)


def _by_reduction(product: Product) -> tuple[float, int]:
    assert product.selling_price is not None  # noqa: S101 (asked for in the query)
    assert product.original_price is not None  # noqa: S101
    return (float(product.selling_price) / float(product.original_price), product.pk)
