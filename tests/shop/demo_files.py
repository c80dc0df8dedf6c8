"""A small demo in a folder of its own, to load or to spoil."""

import json
import shutil
from itertools import chain
from pathlib import Path
from typing import Any

from shop.demo.entries import FOLDER

SENCHA = "sencha"
HONEY = "honey"


def a_product(sku: str = SENCHA, **changes: Any) -> dict[str, Any]:
    return {
        "sku": sku,
        "name": "Sencha",
        "name_zh": "煎茶",
        "brand": "Quiet Kettle",
        "brief": "Bright and grassy",
        "brief_zh": "明亮鲜爽",
        "detail": "A steamed green tea.",
        "detail_zh": "蒸青绿茶。",
        "selling_price": "48.00",
        "original_price": "56.00",
        "stock": 12,
        "quantity": "100",
        "unit": "g",
        "picture": {"pack": "bag", "icon": "herb", "colors": ["#5f8f4e", "#f1ead6"]},
    } | changes


def a_review(sku: str = SENCHA, nickname: str = "Old Zhou", **changes: Any) -> dict[str, Any]:
    return {
        "sku": sku,
        "nickname": nickname,
        "stars": 4,
        "title": "Grassy",
        "body": "Bright green in the cup.",
        "days_ago": 10,
        "helpful": 3,
    } | changes


def a_department(*products: dict[str, Any]) -> dict[str, Any]:
    shelf = {"name": "Green tea", "name_zh": "绿茶", "products": list(products)}
    aisle = {"name": "Tea", "name_zh": "茶", "children": [shelf]}
    return {"name": "Tea & Coffee", "name_zh": "茶与咖啡", "children": [aisle]}


def a_demo(folder: Path, *products: dict[str, Any], reviews: tuple[dict[str, Any], ...] = ()) -> Path:
    """Write a demo of one department into `folder`."""
    for name, content in (("catalogue", a_department(*products)), ("reviews", list(reviews))):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "01-tea.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def a_small_demo(folder: Path) -> Path:
    """Two products; Old Zhou writes of both, Mei of the first."""
    return a_demo(
        folder,
        a_product(SENCHA),
        a_product(HONEY, name="Acacia Honey", name_zh="槐花蜜", stock=7),
        reviews=(
            a_review(SENCHA, "Old Zhou", stars=4),
            a_review(SENCHA, "Mei", stars=2, body="Too weak for me.", days_ago=3),
            a_review(HONEY, "Old Zhou", stars=5, body="Runny and light.", helpful=0),
        ),
    )


def goods_alone(folder: Path) -> Path:
    """All that the shop's demo sells, with the reviews of its first department only."""
    shutil.copytree(FOLDER / "catalogue", folder / "catalogue")
    (folder / "reviews").mkdir()
    shutil.copy(min((FOLDER / "reviews").glob("*.json")), folder / "reviews")
    return folder


def much_reviewed(folder: Path, count: int) -> Path:
    """The first department of the shop's demo, with `count` of all its reviews, in turn."""
    department = min((FOLDER / "catalogue").glob("*.json"))
    aisles = json.loads(department.read_text())["children"]
    shelves = chain.from_iterable(aisle["children"] for aisle in aisles)
    skus = [product["sku"] for shelf in shelves for product in shelf["products"]]
    told = chain.from_iterable(
        json.loads(path.read_text()) for path in sorted((FOLDER / "reviews").glob("*.json"))
    )
    reviews = [
        review | {"sku": skus[number % len(skus)], "nickname": f"Reader {number // len(skus)}"}
        for number, review in zip(range(count), told, strict=False)
    ]
    for name in ("catalogue", "reviews"):
        (folder / name).mkdir(parents=True)
    shutil.copy(department, folder / "catalogue")
    (folder / "reviews" / department.name).write_text(json.dumps(reviews))
    return folder
