"""Reading the demo's JSON files. Whatever is wrong in one is refused with its file and its entry."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from shop.demo.icons import icons
from shop.demo.pictures import PACKS, Picture
from shop.exceptions import ShopError
from shop.models.catalogue import Unit

FOLDER = Path(__file__).resolve().parent
COLOUR = re.compile(r"#[0-9a-f]{6}")
SKU = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class BadDemoData(ShopError):
    """A file of the demo cannot be used; `where` names the file and the entry."""

    def __init__(self, where: str, wrong: str) -> None:
        super().__init__(f"{where}: {wrong}")
        self.where = where


@dataclass(frozen=True, slots=True)
class CategoryEntry:
    name: str
    name_zh: str
    rank: int


@dataclass(frozen=True, slots=True)
class ProductEntry:
    sku: str
    path: tuple[CategoryEntry, ...]  # three: department, aisle, shelf
    name: str
    name_zh: str
    brand: str
    brief: str
    brief_zh: str
    detail: str
    detail_zh: str
    selling_price: Decimal
    original_price: Decimal
    stock: int
    quantity: Decimal
    unit: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class ReviewEntry:
    sku: str
    nickname: str
    stars: int
    title: str
    body: str
    days_ago: int
    helpful: int

    @property
    def login_name(self) -> str:
        """Of the customer who stands for the nickname; nobody can log in by it."""
        return f"demo-{slugify(self.nickname, allow_unicode=True)}"


@dataclass(frozen=True, slots=True)
class DemoEntries:
    products: tuple[ProductEntry, ...]
    reviews: tuple[ReviewEntry, ...]


def read_entries(folder: Path = FOLDER) -> DemoEntries:
    """All of `folder`/catalogue/*.json and `folder`/reviews/*.json, in the order of the files' names.

    Raises BadDemoData for the first entry that is wrong.
    """
    products = tuple(
        product
        for rank, path in enumerate(sorted((folder / "catalogue").glob("*.json")))
        for product in _department(path, rank)
    )
    if not products:
        raise BadDemoData(str(folder / "catalogue"), "holds no catalogue (*.json).")
    _refuse_twice((product.sku for product in products), "catalogue", "this SKU stands there twice.")
    skus = {product.sku for product in products}
    reviews = tuple(
        review
        for path in sorted((folder / "reviews").glob("*.json"))
        for review in _reviews_of_file(path, skus)
    )
    _refuse_twice(
        (f"{review.sku} by {review.login_name}" for review in reviews),
        "reviews",
        "a customer reviews a product once: choose another nickname.",
    )
    return DemoEntries(products, reviews)


class _Fields:
    """One JSON object, read field by field; a field that nobody expects is refused too."""

    def __init__(self, where: str, raw: Any, expected: Iterable[str]) -> None:
        self.where = where
        if not isinstance(raw, dict):
            raise self.refusal(f"expected an object, found {raw!r:.60}.")
        self.raw = raw
        if odd := sorted(raw.keys() ^ set(expected)):
            raise self.refusal(f"{', '.join(odd)}: missing, or not known here.")

    def refusal(self, wrong: str) -> BadDemoData:
        return BadDemoData(self.where, wrong)

    def text(self, name: str, at_most: int = 255) -> str:
        value = self.raw[name]
        if not isinstance(value, str) or not 0 < len(value.strip()) <= at_most:
            raise self.refusal(f"{name} must be text of 1 to {at_most} characters, not {value!r:.60}.")
        return value

    def whole(self, name: str, at_least: int, at_most: int = 1_000_000) -> int:
        value = self.raw[name]
        if type(value) is not int or not at_least <= value <= at_most:
            raise self.refusal(
                f"{name} must be a whole number from {at_least} to {at_most}, not {value!r:.60}."
            )
        return value

    def decimal(self, name: str) -> Decimal:
        """A positive number of at most two places, written as text so that no float rounds it."""
        value = self.raw[name]
        try:
            number = Decimal(value) if isinstance(value, str) else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not (number.is_finite() and 0 < number < 10**8 and number == round(number, 2)):
            raise self.refusal(f'{name} must be an amount such as "12.50", not {value!r:.60}.')
        return number

    def one_of(self, name: str, known: Iterable[str]) -> str:
        value = self.raw[name]
        if value not in known:
            raise self.refusal(f"{name} {value!r:.60} is not known; known are: {', '.join(sorted(known))}.")
        return str(value)

    def matching(self, name: str, pattern: "re.Pattern[str]") -> str:
        value = self.raw[name]
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self.refusal(f"{name} must match {pattern.pattern}, not {value!r:.60}.")
        return value

    def list(self, name: str) -> list[Any]:
        value = self.raw[name]
        if not isinstance(value, list) or not value:
            raise self.refusal(f"{name} must be a list with something in it.")
        return value


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadDemoData(path.name, f"cannot be read as JSON ({error}).") from error


def _department(path: Path, rank: int) -> Iterator[ProductEntry]:
    department = _Fields(path.name, _json(path), ("name", "name_zh", "children"))
    above = (_category(department, rank),)
    for aisle_rank, raw_aisle in enumerate(department.list("children")):
        aisle = _Fields(f"{path.name}: aisle {aisle_rank + 1}", raw_aisle, ("name", "name_zh", "children"))
        above_aisle = (*above, _category(aisle, aisle_rank))
        for shelf_rank, raw_shelf in enumerate(aisle.list("children")):
            where = f"{aisle.where}: shelf {shelf_rank + 1}"
            shelf = _Fields(where, raw_shelf, ("name", "name_zh", "products"))
            full_path = (*above_aisle, _category(shelf, shelf_rank))
            for number, raw in enumerate(shelf.list("products"), 1):
                yield _product(_named(path, raw, f"{where}: product {number}"), raw, full_path)


def _category(fields: _Fields, rank: int) -> CategoryEntry:
    return CategoryEntry(fields.text("name", 80), fields.text("name_zh", 80), rank)


def _named(path: Path, raw: Any, otherwise: str) -> str:
    """Where an entry stands, by its SKU if it has one."""
    return f"{path.name}: {raw['sku']}" if isinstance(raw, dict) and raw.get("sku") else otherwise


PRODUCT_FIELDS = frozenset(ProductEntry.__dataclass_fields__) - {"path"}


def _product(where: str, raw: Any, path: tuple[CategoryEntry, ...]) -> ProductEntry:
    fields = _Fields(where, raw, PRODUCT_FIELDS)
    entry = ProductEntry(
        sku=fields.matching("sku", SKU),
        path=path,
        name=fields.text("name"),
        name_zh=fields.text("name_zh"),
        brand=fields.text("brand", 120),
        brief=fields.text("brief"),
        brief_zh=fields.text("brief_zh"),
        detail=fields.text("detail", 5000),
        detail_zh=fields.text("detail_zh", 5000),
        selling_price=fields.decimal("selling_price"),
        original_price=fields.decimal("original_price"),
        stock=fields.whole("stock", 0),
        quantity=fields.decimal("quantity"),
        unit=fields.one_of("unit", Unit.values),
        picture=_picture(f"{where}: picture", raw["picture"]),
    )
    if entry.selling_price > entry.original_price:
        raise fields.refusal("selling_price is above original_price.")
    return entry


def _picture(where: str, raw: Any) -> Picture:
    fields = _Fields(where, raw, ("pack", "icon", "colors"))
    colours = fields.list("colors")
    if len(colours) != 2 or not all(isinstance(c, str) and COLOUR.fullmatch(c) for c in colours):
        raise fields.refusal("colors must be two such as \"#7b5236\": the pack's and its label's.")
    if fields.raw["icon"] not in icons():
        raise fields.refusal(
            f"the icon {fields.raw['icon']!r:.60} is not in shop/demo/icons.json: "
            "docs/decisions/0006-demo-catalogue.md says how to add one."
        )
    return Picture(fields.one_of("pack", PACKS), str(fields.raw["icon"]), colours[0], colours[1])


def _reviews_of_file(path: Path, skus: set[str]) -> Iterator[ReviewEntry]:
    raw_reviews = _json(path)
    if not isinstance(raw_reviews, list):
        raise BadDemoData(path.name, "expected a list of reviews.")
    for number, raw in enumerate(raw_reviews, 1):
        where = _named(path, raw, "review") + f" (review {number})"
        fields = _Fields(where, raw, ReviewEntry.__dataclass_fields__)
        if fields.raw["sku"] not in skus:
            raise fields.refusal("no product of the catalogue has this SKU.")
        yield ReviewEntry(
            sku=fields.raw["sku"],
            nickname=fields.text("nickname", 50),
            stars=fields.whole("stars", 1, 5),
            title=fields.text("title"),
            body=fields.text("body", 5000),
            days_ago=fields.whole("days_ago", 1, 3650),
            helpful=fields.whole("helpful", 0),
        )


def _refuse_twice(keys: Iterable[str], where: str, wrong: str) -> None:
    twice = [key for key, times in Counter(keys).items() if times > 1]
    if twice:
        raise BadDemoData(f"{where}: {twice[0]}", wrong)
