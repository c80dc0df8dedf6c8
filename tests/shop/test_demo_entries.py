"""A demo file that is wrong is refused with its name and its entry."""

import json
from pathlib import Path
from typing import Any

import pytest

from shop.demo.entries import BadDemoData, read_entries
from shop.demo.icons import extract_icons
from tests.shop.demo_files import SENCHA, a_demo, a_product, a_review, a_small_demo

PICTURE = a_product()["picture"]


def refusal_of(folder: Path) -> str:
    with pytest.raises(BadDemoData) as caught:
        read_entries(folder)
    return str(caught.value)


def test_what_the_files_say_is_read(tmp_path: Path) -> None:
    demo = read_entries(a_small_demo(tmp_path))
    assert [(product.sku, product.stock, product.path[2].name) for product in demo.products] == [
        ("sencha", 12, "Green tea"),
        ("honey", 7, "Green tea"),
    ]
    assert [(review.sku, review.login_name, review.stars) for review in demo.reviews] == [
        ("sencha", "demo-old-zhou", 4),
        ("sencha", "demo-mei", 2),
        ("honey", "demo-old-zhou", 5),
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stock": -1}, "stock must be a whole number from 0 to 1000000, not -1."),
        ({"stock": True}, "stock must be a whole number from 0 to 1000000, not True."),
        ({"name_zh": " "}, "name_zh must be text of 1 to 255 characters, not ' '."),
        ({"selling_price": "free"}, "selling_price must be an amount such as \"12.50\", not 'free'."),
        ({"selling_price": 48.0}, 'selling_price must be an amount such as "12.50", not 48.0.'),
        ({"selling_price": "0.001"}, "selling_price must be an amount such as \"12.50\", not '0.001'."),
        ({"selling_price": "60.00"}, "selling_price is above original_price."),
        ({"unit": "lb"}, "unit 'lb' is not known; known are: g, kg, l, ml, piece."),
        ({"colour": "red"}, "colour: missing, or not known here."),
    ],
)
def test_a_product_that_is_wrong_is_named(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    a_demo(tmp_path, a_product(**changes))
    assert refusal_of(tmp_path) == f"01-tea.json: {SENCHA}: {sentence}"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"icon": "tofu"},
            "the icon 'tofu' is not in shop/demo/icons.json: "
            "docs/decisions/0006-demo-catalogue.md says how to add one.",
        ),
        (
            {"colors": ["red", "#ffffff"]},
            "colors must be two such as \"#7b5236\": the pack's and its label's.",
        ),
    ],
)
def test_a_picture_that_cannot_be_drawn_is_named(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    a_demo(tmp_path, a_product(picture=PICTURE | changes))
    assert refusal_of(tmp_path) == f"01-tea.json: {SENCHA}: picture: {sentence}"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"sku": "coffee"}, "coffee (review 1): no product of the catalogue has this SKU."),
        ({"stars": 6}, "sencha (review 1): stars must be a whole number from 1 to 5, not 6."),
        ({"body": ""}, "sencha (review 1): body must be text of 1 to 5000 characters, not ''."),
        ({"days_ago": 0}, "sencha (review 1): days_ago must be a whole number from 1 to 3650, not 0."),
    ],
)
def test_a_review_that_is_wrong_is_named(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    a_demo(tmp_path, a_product(), reviews=(a_review(**changes),))
    assert refusal_of(tmp_path) == f"01-tea.json: {sentence}"


def test_an_sku_stands_there_once(tmp_path: Path) -> None:
    a_demo(tmp_path, a_product(), a_product())
    assert refusal_of(tmp_path) == "catalogue: sencha: this SKU stands there twice."


def test_a_customer_reviews_a_product_once(tmp_path: Path) -> None:
    a_demo(tmp_path, a_product(), reviews=(a_review(nickname="Old Zhou"), a_review(nickname="old zhou")))
    assert refusal_of(tmp_path) == (
        "reviews: sencha by demo-old-zhou: a customer reviews a product once: choose another nickname."
    )


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    (a_small_demo(tmp_path) / "reviews" / "02-more.json").write_text("[")
    assert refusal_of(tmp_path).startswith("02-more.json: cannot be read as JSON (")


def test_a_folder_without_a_catalogue_is_named(tmp_path: Path) -> None:
    assert refusal_of(tmp_path) == f"{tmp_path}/catalogue: holds no catalogue (*.json)."


def test_icons_are_taken_out_of_their_package(tmp_path: Path) -> None:
    package, kept = tmp_path / "package.json", tmp_path / "kept.json"
    package.write_text(
        json.dumps(
            {
                "icons": {"bee": {"body": "<b/>"}, "cow": {"body": "<c/>"}},
                "aliases": {"honeybee": {"parent": "bee"}},
            }
        )
    )
    extract_icons(package, ["honeybee"], kept)
    assert json.loads(kept.read_text()) == {"honeybee": "<b/>"}
    with pytest.raises(KeyError, match="tofu"):
        extract_icons(package, ["cow", "tofu"], kept)
    assert json.loads(kept.read_text()) == {"honeybee": "<b/>"}
