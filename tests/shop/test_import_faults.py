"""Files that are broken, missing or something else; an import that is killed."""

import gzip
import json
import zlib
from pathlib import Path

import pytest
from django.core.management import CommandError

from shop.models import Category, Product, Review
from tests.shop.amazon_files import a_product_line, a_review_line, import_amazon, written

pytestmark = pytest.mark.django_db


def numbered(count: int) -> list[str]:
    return [a_review_line(reviewText=f"Cup number {number}.") for number in range(count)]


def refusal(tmp_path: Path, *arguments: str | Path) -> str:
    with pytest.raises(CommandError) as refused:
        import_amazon(tmp_path, *arguments)
    return str(refused.value)


def nothing_was_written(tmp_path: Path) -> bool:
    return not (
        Category.objects.exists()
        or Product.objects.exists()
        or Review.objects.exists()
        or (tmp_path / "rejects.jsonl").exists()
    )


def test_lines_that_cannot_be_imported_are_kept_with_their_reasons(tmp_path: Path) -> None:
    good, broken, no_stars = a_review_line(), '{"asin": "B1", ', a_review_line(overall=9)
    reviews = written(tmp_path / "reviews.json", [good, broken, "", no_stars])
    printed = import_amazon(tmp_path, "--reviews", reviews)
    assert Review.objects.count() == 1
    rejects = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert rejects == [
        {"file": "reviews.json", "line": 2, "reason": "not a JSON object", "raw": broken.strip()},
        {"file": "reviews.json", "line": 4, "reason": "stars are not 1, 2, 3, 4 or 5", "raw": no_stars},
    ]
    assert (tmp_path / "rejects.jsonl").stat().st_mode & 0o777 == 0o600
    assert "Reviews: 3 read, 1 new, 0 completed, 0 unchanged, 2 rejected" in printed
    assert "  rejected, not a JSON object: 1\n" in printed
    assert "  rejected, stars are not 1, 2, 3, 4 or 5: 1\n" in printed


def test_a_repaired_file_leaves_no_rejects_behind(tmp_path: Path) -> None:
    reviews = written(tmp_path / "reviews.json", [a_review_line(), "broken"])
    import_amazon(tmp_path, "--reviews", reviews)
    written(reviews, [a_review_line()])
    import_amazon(tmp_path, "--reviews", reviews)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reviews.json"]


def test_strict_fails_when_a_line_is_rejected_and_imports_the_others(tmp_path: Path) -> None:
    reviews = written(tmp_path / "reviews.json", [a_review_line(), "broken"])
    assert refusal(tmp_path, "--reviews", reviews, "--strict") == (
        "Rejected lines: 1. The others are imported."
    )
    assert Review.objects.count() == 1


def test_a_truncated_file_is_imported_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    whole = gzip.compress("".join(f"{line}\n" for line in numbered(3000)).encode(), mtime=0)
    reviews = tmp_path / "reviews.json.gz"
    reviews.write_bytes(whole[: len(whole) // 2])
    readable = gzip_lines(reviews)

    message = refusal(tmp_path, "--reviews", reviews)
    assert message == (
        f"{reviews} is truncated: it ends after line {readable:,}. "
        "Fetch the file again and rerun the command: it goes on from what is imported."
    )
    assert Review.objects.count() == readable

    reviews.write_bytes(whole)
    printed = import_amazon(tmp_path, "--reviews", reviews)
    assert f"3,000 read, {3000 - readable:,} new, 0 completed, {readable:,} unchanged" in printed
    assert list(Product.objects.values_list("review_count", "stars_total")) == [(3000, 12000)]


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    reviews = written(tmp_path / "reviews.json", numbered(3))
    reviews.write_bytes(b"\xef\xbb\xbf" + reviews.read_bytes())
    assert "3 read, 3 new" in import_amazon(tmp_path, "--reviews", reviews)


def gzip_lines(path: Path) -> int:
    """How many whole lines zlib gets out of the beginning of a gzip file."""
    return zlib.decompressobj(wbits=31).decompress(path.read_bytes()).count(b"\n")


def test_a_file_damaged_in_the_middle_names_the_last_good_line(tmp_path: Path) -> None:
    first, second = (
        gzip.compress("\n".join(part).encode() + b"\n") for part in (numbered(200), numbered(100))
    )
    reviews = tmp_path / "reviews.json.gz"
    reviews.write_bytes(first + b"\x1f\x8b\x07 not deflate" + second)
    assert f"{reviews} is damaged (Unknown compression method): it cannot be read after line 200." in refusal(
        tmp_path, "--reviews", reviews
    )
    assert Review.objects.count() == 200


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", " is empty: it should hold reviews, one JSON object a line."),
        (b"\n\n", " is empty: it should hold reviews, one JSON object a line."),
        (b"product,review,score\nP1,Good,5\n", " does not hold reviews: there are none in its first lines."),
        (b"\x89PNG\r\n\x1a\n\x00\x00", " does not hold reviews: there are none in its first lines."),
        (a_product_line().encode(), " does not hold reviews: there are none in its first lines."),
        (gzip.compress(b"x" * 5000)[:12], " is truncated: it ends after line 0."),
    ],
)
def test_what_is_no_file_of_reviews_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    reviews = tmp_path / "reviews.json.gz"
    reviews.write_bytes(content)
    message = refusal(tmp_path, "--reviews", reviews)
    assert message.startswith(f"{reviews}{sentence}")
    assert message.endswith("Nothing was imported.")
    assert nothing_was_written(tmp_path)


def test_a_missing_file_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    meta = written(tmp_path / "meta.json", [a_product_line()])
    missing = tmp_path / "reviews.json.gz"
    assert refusal(tmp_path, "--reviews", missing, "--meta", meta) == (
        f"{missing} cannot be read: No such file or directory. Nothing was imported."
    )
    assert nothing_was_written(tmp_path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert refusal(tmp_path, "--meta", tmp_path) == (
        f"{tmp_path} cannot be read: Is a directory. Nothing was imported."
    )


def test_reviews_are_no_metadata(tmp_path: Path) -> None:
    reviews = written(tmp_path / "reviews.json", [a_review_line()])
    assert " does not hold product metadata" in refusal(tmp_path, "--meta", reviews)
    assert nothing_was_written(tmp_path)


def test_a_rejects_file_that_cannot_be_written_stops_the_import(tmp_path: Path) -> None:
    reviews = written(tmp_path / "reviews.json", [a_review_line()])
    blocked = reviews / "rejects.jsonl"  # below a file
    assert refusal(tmp_path, "--reviews", reviews, "--rejects", blocked) == (
        f"{blocked} cannot be written: File exists. Nothing was imported."
    )
    assert nothing_was_written(tmp_path)
