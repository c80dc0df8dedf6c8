"""Products in from a CSV file: all of its lines or, where one is wrong, none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from shop.exceptions import WrongLine, WrongProductFile
from shop.models import Category, Product
from shop.product_csv import KEYS, Cells, Line, lines_of
from shop.rich_text import sanitised
from shop.selectors.product_file import cells_of, path_text
from shop.services.catalogue import add_products, change_product, count_stock
from shop.services.stamping import stamp_anew

AT_ONCE = 500
YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
NUMBERS = ("selling_price", "original_price", "quantity")
RICH = ("rich_detail", "rich_detail_zh")
TEXTS = ("detail", "detail_zh", *RICH)  # of any length, and kept to the letter
NEEDED = ("name", "category")  # for a new product


@dataclass(frozen=True, slots=True)
class FieldChange:
    """Cells of one column, before and after."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ProductChange:
    line: int
    name: str
    is_new: bool
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class ProductFileOutcome:
    """What a file changed, or would change."""

    changes: tuple[ProductChange, ...]
    unchanged: int

    @property
    def new(self) -> int:
        return sum(change.is_new for change in self.changes)

    @property
    def changed(self) -> int:
        return len(self.changes) - self.new


@transaction.atomic
def import_product_file(*, content: bytes, actor_id: int | None, dry_run: bool) -> ProductFileOutcome:
    """Make and change the products that the file's lines name; in a dry run, say what would be done.

    A line is about the product of its id, else of its SKU, else of its ASIN; where none has that SKU or
    ASIN, it is a new one. A column that the file lacks stays as it is. Raises WrongProductFile, and nothing
    is written.
    """
    shelves, drafts, wrong = _shelves(), [], []
    lines = lines_of(content)
    register = _Register(lines)
    for line in lines:
        try:
            drafts.append(_draft(line, register, shelves))
        except ValidationError as error:
            wrong += [WrongLine(line.number, sentence) for sentence in error.messages]
    if wrong:
        raise WrongProductFile(wrong)
    changed = [draft for draft in drafts if draft.changes]
    if not dry_run:
        _write(changed, actor_id)
    return ProductFileOutcome(
        changes=tuple(draft.outcome() for draft in changed), unchanged=len(drafts) - len(changed)
    )


@dataclass(slots=True)
class _Draft:
    """A line's product with the line's values, unsaved."""

    line: int
    product: Product
    is_new: bool
    changes: list[FieldChange] = field(default_factory=list)

    def outcome(self) -> ProductChange:
        return ProductChange(self.line, self.product.name, self.is_new, tuple(self.changes))


class _Register:
    """The products that the lines name, locked; each may be named once."""

    def __init__(self, lines: Sequence[Line]) -> None:
        rows = _locked_products(lines)
        self.by_key: dict[tuple[str, str], Product] = {}
        for row in rows:
            self.by_key |= {(key, _folded(getattr(row, key))): row for key in KEYS if getattr(row, key)}
        self.lines: dict[tuple[str, str], int] = {}

    def product_of(self, line: Line) -> Product:
        """The product that the line is about, or a new one."""
        keys = [(key, _folded(line.cells.get(key, "").strip())) for key in KEYS]
        given = [key for key in keys if key[1]]
        if not given:
            raise ValidationError(_("It has neither id nor SKU nor ASIN."))
        product = next((self.by_key[key] for key in given if key in self.by_key), None)
        if given[0][0] == "id" and given[0] not in self.by_key:
            raise ValidationError(_("No product has the id %(id)s."), params={"id": given[0][1]})
        for key in given:
            self._claim(key, product, line)
        if product:
            self._claim(("id", str(product.pk)), product, line)
        return product or Product()

    def _claim(self, key: tuple[str, str], product: Product | None, line: Line) -> None:
        name, value = key
        owner = self.by_key.get(key)
        if owner and owner != product:
            raise ValidationError(
                _("The %(key)s %(value)s is another product's."),
                params={"key": name.upper(), "value": value},
            )
        if self.lines.setdefault(key, line.number) != line.number:
            raise ValidationError(
                _("Line %(line)d is about the same product."), params={"line": self.lines[key]}
            )


def _locked_products(lines: Sequence[Line]) -> list[Product]:
    """Found first, and locked in the order of their ids."""
    found: set[int] = set()
    for some in _portions(lines):
        named = {key: {line.cells.get(key, "").strip() for line in some} - {""} for key in KEYS}
        ids = {int(text) for text in named["id"] if text.isascii() and text.isdigit() and len(text) < 19}
        condition = Q(pk__in=ids) | Q(sku__in=named["sku"]) | Q(asin__in=named["asin"])
        found.update(Product.objects.filter(condition).values_list("pk", flat=True))
    return [
        product
        for some in _portions(sorted(found))
        for product in Product.objects.select_for_update().filter(pk__in=some).order_by("pk")
    ]


def _portions(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


def _folded(key: Any) -> str:
    """MySQL compares SKUs whatever their case."""
    return str(key).casefold()


@dataclass(frozen=True, slots=True)
class _Shelves:
    """Categories of the third level by path, and the paths of all by id."""

    by_path: Mapping[str, Category]
    paths: Mapping[int, str]


def _shelves() -> _Shelves:
    rows = list(Category.objects.select_related("parent__parent"))
    paths = {row.pk: path_text(row) for row in rows}
    deepest = [row for row in rows if row.level == Category.DEEPEST]
    return _Shelves({paths[row.pk]: row for row in reversed(deepest)}, paths)


def _draft(line: Line, register: _Register, shelves: _Shelves) -> _Draft:
    """Raises ValidationError with all that is wrong with the line."""
    product = register.product_of(line)
    draft = _Draft(line.number, product, is_new=product.pk is None)
    path = "" if draft.is_new else shelves.paths[product.category_id]
    before = dict.fromkeys(line.cells, "") if draft.is_new else cells_of(product, path)
    wrong: list[str] = []
    if draft.is_new:
        wrong += _lacking(line.cells)
    for column, cell in line.cells.items():
        if column == "id" or _said(column, cell) == _said(column, before[column]):
            continue
        try:
            value = _value(product, column, cell, shelves)
        except ValidationError as error:
            wrong += [f"{column}: {sentence}" for sentence in error.messages]
            continue
        if draft.is_new or value != getattr(product, column):
            setattr(product, column, value)
            draft.changes.append(FieldChange(column, before[column], cell))
    wrong += _contradictions(product)
    if wrong:
        raise ValidationError(wrong)
    return draft


def _lacking(cells: Cells) -> list[str]:
    return [
        _("%(column)s: a new product needs one.") % {"column": column}
        for column in NEEDED
        if not cells.get(column, "").strip()
    ]


def _said(column: str, cell: str) -> str:
    """Equal for cells that say the same: spreadsheets change the ends of lines, and the field cleans HTML."""
    text = "\n".join(cell.splitlines())
    return sanitised(text) if column in RICH else text


def _value(product: Product, column: str, cell: str, shelves: _Shelves) -> Any:
    """What the cell means for the column. Raises ValidationError."""
    text = cell.strip()
    if "\0" in cell:
        raise ValidationError(_("It holds a null character."))
    if column == "category":
        if text not in shelves.by_path:
            raise ValidationError(_("There is no category “%(path)s” of level 3."), params={"path": text})
        return shelves.by_path[text]
    if column == "is_on_sale":
        if text.lower() not in YES_NO:
            raise ValidationError(_("Write yes or no."))
        return YES_NO[text.lower()]
    if column in (*NUMBERS, "on_hand") and text and not text.replace(".", "", 1).isdecimal():
        raise ValidationError(_("Write a number such as 12.50."))
    if column in TEXTS:
        return cell
    stored: Any = Product._meta.get_field(column)
    empty = None if stored.null or column == "on_hand" else ""
    return stored.clean(text or empty, product)


def _contradictions(product: Product) -> list[str]:
    wrong = []
    if bool(product.quantity) != bool(product.unit):
        wrong.append(_("A quantity needs a unit, and a unit a quantity."))
    if isinstance(product.on_hand, int) and product.on_hand < product.allocated:
        sentence = _("%(allocated)d are allocated to orders: the stock cannot be lower than that.")
        wrong.append(sentence % {"allocated": product.allocated})
    return wrong


def _write(drafts: Sequence[_Draft], actor_id: int | None) -> None:
    new = [draft.product for draft in drafts if draft.is_new]
    for product in new:
        product.created_by_id = product.changed_by_id = actor_id
    for draft in (draft for draft in drafts if not draft.is_new):
        product, columns = draft.product, {change.column for change in draft.changes}
        if "on_hand" in columns:
            count_stock(product=product, on_hand=product.on_hand, actor_id=actor_id)
        if columns := columns - {"on_hand"}:
            change_product(product=product, columns=columns, actor_id=actor_id)
    written = [draft.product.pk for draft in drafts if not draft.is_new]
    for some in _portions(new):
        written += add_products(some)
    stamp_anew(Product, written)
