"""Reading files and splitting pairs."""

import gzip
import zlib
from pathlib import Path

import pytest

from seq2label.examples import (
    Pair,
    ProductReview,
    ReviewText,
    apart_from,
    json_lines,
    labelled_pairs,
    pairs_in,
    reviews_in,
    split_by_product,
)
from seq2label.exceptions import MalformedData, NotEnoughData
from tests.seq2label.builders import a_pair


def _pairs(count: int) -> list[Pair]:
    return [a_pair(n, f"first {n}", f"second {n}", ("stale", "dry"), f"B{n // 2}") for n in range(count)]


def test_no_product_or_text_stands_in_two_parts() -> None:
    pairs = _pairs(120)
    pairs.append(a_pair(900, "first 0", "first 40", ("stale", "dry"), "B900"))  # ties the products 0 and 20
    split = split_by_product(pairs)
    parts = (split.train, split.validation, split.test)
    products = [{product for pair in part for product in pair.products} for part in parts]
    texts = [{side.text for pair in part for side in (pair.a, pair.b)} for part in parts]
    assert [
        len(products[0] & products[1]),
        len(products[0] & products[2]),
        len(products[1] & products[2]),
    ] == [0, 0, 0]
    assert [len(texts[0] & texts[1]), len(texts[0] & texts[2]), len(texts[1] & texts[2])] == [0, 0, 0]
    assert sum(map(len, parts)) == 121


def test_the_order_of_lines_changes_no_part() -> None:
    pairs = _pairs(60)
    assert split_by_product(pairs) == split_by_product(pairs[::-1])


def test_too_few_products_cannot_be_split() -> None:
    with pytest.raises(NotEnoughData, match="2 pairs of too few products"):
        split_by_product(_pairs(2))


def test_unlabelled_reviews_keep_away_from_held_out_products_and_texts() -> None:
    long = "word " * 40
    held_out = [Pair("p", ReviewText(long + "cut here"), ReviewText(""), products=("B1",))]
    reviews = [
        ProductReview("B1", ReviewText("of a held-out product")),
        ProductReview("B2", ReviewText(long + "cut here, and then more")),
        ProductReview("B3", ReviewText("of another product")),
        ProductReview("B4", ReviewText("of another product")),
    ]
    assert apart_from(reviews, held_out) == [reviews[2]]


def test_amazon_lines_and_csv_are_read(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.json.gz", "wt") as lines:
        lines.write('{"asin": "B1", "overall": 4.0, "reviewText": "fine"}\n{"asin": "B2", "overall": 1.0}\n')
    (tmp_path / "b.csv").write_text('product,review,score\nB3,"well, well",great\nB4,no,other\n')
    assert list(reviews_in(tmp_path / "a.json.gz")) == [ProductReview("B1", ReviewText("fine", 4))]
    assert list(reviews_in(tmp_path / "b.csv")) == [
        ProductReview("B3", ReviewText("well, well", 5)),
        ProductReview("B4", ReviewText("no", None)),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[1]", "a JSON object is expected"),
        ('{"id": "x"}', "“review_a” must be a text"),
        (
            '{"id": "x", "review_a": "a", "review_b": "b", "stars_a": 7}',
            "stars are whole numbers from 1 to 5, not 7",
        ),
        (
            '{"id": "x", "review_a": "a", "review_b": "b", "labels": "stale"}',
            "“labels” must be a list of texts",
        ),
    ],
)
def test_a_line_that_is_no_pair_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"id": "ok", "review_a": "a", "review_b": "b"}\n' + line + "\n")
    with pytest.raises(MalformedData) as caught:
        list(pairs_in(path))
    assert str(caught.value) == f"{path}, line 2: {reason}."


def test_a_file_cut_short_is_named(tmp_path: Path) -> None:
    whole = gzip.compress(b'{"id": "x", "review_a": "a", "review_b": "b"}\n' * 500)
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MalformedData, match="the file is cut short or damaged"):
        list(pairs_in(tmp_path / "cut.jsonl.gz"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[" * 100_000, "not JSON that can be read (it is nested too deeply)"),
        ('{"id": ' + "9" * 5_000 + "}", "not JSON that can be read (a number is too long)"),
        ('{"id": "x", "review_a": "a", "review_b": "b", "asin": ["B1"]}', "“asin” must be a text"),
        ('{"id": "x", "review_a": "a", "review_b": "b", "stars_a": [1]}', "stars are whole numbers"),
    ],
)
def test_a_hostile_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(f"\n\n{line}\n")
    with pytest.raises(MalformedData) as caught:
        list(pairs_in(path))
    assert str(caught.value).startswith(f"{path}, line 3: {reason}")


def test_pairs_with_half_a_character_are_split_like_others() -> None:
    split = split_by_product([*_pairs(60), Pair("half", ReviewText("\ud800"), ReviewText(""), ("stale",))])
    assert sum(map(len, (split.train, split.validation, split.test))) == 61


@pytest.mark.parametrize(
    ("second", "reason"),
    [("", "pair p1 has no labels"), (', "labels": ["stale"]', "the id p1 stands in line 2 already")],
)
def test_lines_of_labelled_pairs_are_counted_as_an_editor_does(
    tmp_path: Path, second: str, reason: str
) -> None:
    path = tmp_path / "pairs.jsonl"
    said = '"id": "p1", "review_a": "a", "review_b": "b"'
    first = f'{{{said}, "labels": ["stale"]}}' if second else ""
    path.write_text(f"\n{first}\n\n{{{said}{second}}}\n")
    with pytest.raises(MalformedData) as caught:
        labelled_pairs(path)
    assert str(caught.value) == f"{path}, line 4: {reason}."


def test_a_byte_order_mark_is_no_fault_and_another_encoding_is_named(tmp_path: Path) -> None:
    path, line = tmp_path / "pairs.jsonl", '{"id": "é", "review_a": "a", "review_b": "b"}\n'
    path.write_text(line, encoding="utf-8-sig")
    assert [pair.id for pair in pairs_in(path)] == ["é"]
    path.write_text(line, encoding="latin-1")
    with pytest.raises(MalformedData, match="line 1: not UTF-8: store the file as UTF-8"):
        list(pairs_in(path))


def test_a_file_damaged_in_the_middle_is_named(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(b"".join(b'{"id": "%d"}\n' % number for number in range(50_000))))
    whole[len(whole) // 2 : len(whole) // 2 + 64] = b"\xff" * 64
    with pytest.raises(zlib.error):
        gzip.decompress(bytes(whole))
    (tmp_path / "bad.jsonl.gz").write_bytes(whole)
    with pytest.raises(MalformedData, match="the file is cut short or damaged"):
        list(json_lines(tmp_path / "bad.jsonl.gz"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("product,review,score\nB1,é,great\n".encode("latin-1"), "not UTF-8: store the file as UTF-8"),
        (b"product,review,score\nB1,good,great\nB2\n", "line 3: it has no review"),
        (b"product,review\nB1,good\n", "line 1: the columns product, review and score are expected"),
    ],
)
def test_a_table_of_reviews_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "reviews.csv").write_bytes(content)
    with pytest.raises(MalformedData, match=reason):
        list(reviews_in(tmp_path / "reviews.csv"))
