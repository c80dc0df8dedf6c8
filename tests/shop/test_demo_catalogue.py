"""What the demo promises to somebody who opens the shop for the first time."""

import re
import xml.etree.ElementTree as ET
from collections import Counter

import pytest

from shop.demo.entries import DemoEntries, ProductEntry, read_entries
from shop.demo.icons import icons
from shop.demo.pictures import PACKS, Picture, draw

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def demo() -> DemoEntries:
    return read_entries()


def chinese_texts(product: ProductEntry) -> list[str]:
    return [
        *(category.name_zh for category in product.path),
        product.name_zh,
        product.brief_zh,
        product.detail_zh,
    ]


def english_texts(product: ProductEntry) -> list[str]:
    return [*(category.name for category in product.path), product.name, product.brief, product.detail]


def test_the_shop_is_worth_a_visit(demo: DemoEntries) -> None:
    assert len(demo.products) >= 120
    assert len(demo.reviews) >= 700


def test_every_product_hangs_on_the_third_level(demo: DemoEntries) -> None:
    assert {len(product.path) for product in demo.products} == {3}


def test_every_text_is_in_both_languages(demo: DemoEntries) -> None:
    assert [t for p in demo.products for t in chinese_texts(p) if not CHINESE.search(t)] == []
    assert [t for p in demo.products for t in english_texts(p) if CHINESE.search(t)] == []


def test_prices_are_those_of_a_grocer(demo: DemoEntries) -> None:
    assert [p.sku for p in demo.products if not 3 <= p.selling_price <= 300] == []
    assert [p.sku for p in demo.products if p.selling_price < p.original_price / 2] == []


def test_some_products_are_reduced_and_some_run_low(demo: DemoEntries) -> None:
    assert any(product.selling_price < product.original_price for product in demo.products)
    assert any(0 < product.stock < 5 for product in demo.products)


def test_no_two_products_share_a_name(demo: DemoEntries) -> None:
    assert [name for name, times in Counter(p.name for p in demo.products).items() if times > 1] == []
    assert [name for name, times in Counter(p.name_zh for p in demo.products).items() if times > 1] == []


def test_every_product_is_reviewed(demo: DemoEntries) -> None:
    assert {product.sku for product in demo.products} - {review.sku for review in demo.reviews} == set()


def test_no_two_reviews_say_the_same(demo: DemoEntries) -> None:
    bodies = Counter(" ".join(review.body.lower().split()) for review in demo.reviews)
    assert [body for body, times in bodies.items() if times > 1] == []


def test_opinions_differ(demo: DemoEntries) -> None:
    assert {review.stars for review in demo.reviews} == {1, 2, 3, 4, 5}


def test_every_picture_is_an_svg_document(demo: DemoEntries) -> None:
    roots = [ET.fromstring(draw(product.picture)) for product in demo.products]  # noqa: S314 (our own)
    assert {(root.tag, root.get("viewBox")) for root in roots} == {
        ("{http://www.w3.org/2000/svg}svg", "0 0 400 400")
    }


def test_no_two_pictures_are_alike(demo: DemoEntries) -> None:
    assert len({draw(product.picture) for product in demo.products}) == len(demo.products)


def test_a_picture_holds_no_script_and_loads_nothing(demo: DemoEntries) -> None:
    drawn = "".join(draw(product.picture) for product in demo.products)
    assert re.findall(r"""<script|<image|<foreignObject|href="[^#]|\bon[a-z]+=|url\([^#]""", drawn) == []


@pytest.mark.parametrize("pack", PACKS)
def test_every_pack_carries_its_icon_and_its_colour(pack: str) -> None:
    picture = Picture(pack, "herb", "#a06040", "#f0e8d8")
    assert icons()["herb"] in draw(picture)
    assert pack == "loose" or "#a06040" in draw(picture)


def test_a_picture_is_drawn_the_same_every_time() -> None:
    assert draw(Picture("bag", "herb", "#a06040", "#f0e8d8")) == draw(
        Picture("bag", "herb", "#a06040", "#f0e8d8")
    )


def test_the_icons_kept_are_those_used(demo: DemoEntries) -> None:
    assert icons().keys() == {product.picture.icon for product in demo.products}
