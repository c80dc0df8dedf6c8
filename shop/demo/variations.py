"""A large catalogue made of the demo's: its products under other brands and prices, with its reviews.

The same seed gives the same catalogue, product by product, whatever was made before.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from shop.demo.entries import DemoEntries, ProductEntry, ReviewEntry
from shop.label_names import chinese_names

SKU_PREFIX = "generated-"
FIRST_WORDS = (
    "Amber", "Bamboo", "Birch", "Bright", "Cedar", "Clear", "Copper", "Coral", "Early", "Fern",
    "Field", "Golden", "Harvest", "Heron", "Honest", "Indigo", "Jade", "Juniper", "Lantern", "Linden",
    "Meadow", "Mill", "North", "Old", "Quiet", "River", "Salt", "Silver", "Stone", "Willow",
)  # fmt: skip
SECOND_WORDS = (
    "Barn", "Bay", "Bridge", "Court", "Creek", "Farm", "Garden", "Gate", "Grove",
    "Hill", "House", "Kitchen", "Orchard", "Pantry", "Table", "Valley", "Wharf", "Yard",
)  # fmt: skip
QUALITIES = (
    ("Classic", "经典"), ("Organic", "有机"), ("Family", "家庭装"), ("Mountain", "高山"),
    ("First Harvest", "头采"), ("Reserve", "珍藏"), ("Everyday", "日常"), ("Small Batch", "小批量"),
    ("Heritage", "传承"), ("Light", "轻享"), ("Sun-dried", "日晒"), ("Village", "乡村"),
    ("Winter", "冬季"), ("Seaside", "海岸"), ("Original", "原味"), ("Selected", "精选"),
    ("Traditional", "传统"), ("Festive", "节庆"), ("Stone-ground", "石磨"), ("Fine", "臻品"),
)  # fmt: skip
READERS = (
    "Mei",
    "Gareth",
    "Yuki",
    "Anna",
    "Bo",
    "Clara",
    "Deng",
    "Elif",
    "Farid",
    "Greta",
    "Hui",
    "Ines",
    "Jun",
)


@dataclass(frozen=True, slots=True)
class Variation:
    """A product, which looks like `base`, its reviews, and the labels that some of them say."""

    base: ProductEntry
    product: ProductEntry
    reviews: tuple[ReviewEntry, ...]
    labels: tuple[str, ...]


def sku_of(number: int) -> str:
    return f"{SKU_PREFIX}{number:06}"


def variations(entries: DemoEntries, products: int, reviews: int, seed: int) -> Iterator[Variation]:
    """`products` of them with `reviews` in all, after those of the demo's that have reviews themselves.

    A few have very many reviews, most have few.
    """
    said: dict[str, list[ReviewEntry]] = {entry.sku: [] for entry in entries.products}
    for review in entries.reviews:
        said[review.sku].append(review)
    bases = [entry for entry in entries.products if said[entry.sku]]
    labels = list(chinese_names())
    for number, count in enumerate(_shares(products, reviews, seed), start=1):
        chance = _chance(seed, number)
        base = chance.choice(bases)
        product = _varied(base, number, chance)
        yield Variation(
            base=base,
            product=product,
            reviews=tuple(_reviews(product.sku, said[base.sku], count, chance)),
            labels=_labels(labels, min(count, 4), chance),
        )


def _chance(*parts: int) -> Random:
    return Random("-".join(map(str, parts)))  # noqa: S311 (no secret)


def _shares(products: int, reviews: int, seed: int) -> list[int]:
    """How many reviews each product has."""
    chance = _chance(seed)
    weights = [1 / (place + 5) for place in range(products)]
    chance.shuffle(weights)
    counts = Counter(chance.choices(range(products), weights, k=reviews))
    return [counts[place] for place in range(products)]


def _varied(base: ProductEntry, number: int, chance: Random) -> ProductEntry:
    quality, quality_zh = chance.choice(QUALITIES)
    price = _price(base.selling_price, chance)
    return replace(
        base,
        sku=sku_of(number),
        brand=f"{chance.choice(FIRST_WORDS)} {chance.choice(SECOND_WORDS)}",
        name=f"{quality} {base.name}",
        name_zh=f"{quality_zh}{base.name_zh}",
        selling_price=price,
        original_price=(price * Decimal("1.25")).quantize(Decimal("0.1")) if chance.random() < 0.2 else price,
        stock=0 if chance.random() < 0.07 else chance.randint(1, 200),
    )


def _price(base: Decimal, chance: Random) -> Decimal:
    """From two thirds to twice as much, and ending in 0.90."""
    return Decimal(round(float(base) * chance.uniform(0.66, 2))) + Decimal("0.90")


def _reviews(sku: str, said: Sequence[ReviewEntry], count: int, chance: Random) -> Iterator[ReviewEntry]:
    """Each repeats one of the base product's, and a sentence of another with as many stars."""
    for _ in range(count):
        first = chance.choice(said)
        second = chance.choice([other for other in said if other.stars == first.stars])
        addition = "" if second is first else f" {second.body.partition('.')[0]}."
        yield replace(
            first,
            sku=sku,
            nickname=f"{chance.choice(READERS)} {chance.randint(1, 9999)}",
            body=first.body + addition,
            days_ago=chance.randint(1, 1500),
            helpful=chance.choice((0, 0, 0, 1, 2, 5)),
        )


def _labels(labels: Sequence[str], count: int, chance: Random) -> tuple[str, ...]:
    """The first of `labels` are the frequent ones."""
    return tuple(dict.fromkeys(labels[int(len(labels) * chance.random() ** 3)] for _ in range(count)))
