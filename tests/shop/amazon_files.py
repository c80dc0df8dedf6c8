"""Lines and files in the schemas of Amazon Review Data, written for the tests."""

import gzip
import json
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

TEA, COFFEE = "B000TEA001", "B000COF002"


def a_review_line(**fields: Any) -> str:
    """A review as the 2018 files have it."""
    review = {
        "overall": 4.0,
        "verified": True,
        "reviewTime": "04 27, 2011",
        "reviewerID": "A1ALICE",
        "asin": TEA,
        "reviewerName": "Alice A.",
        "reviewText": "Fresh and strong.",
        "summary": "A good cup",
        "unixReviewTime": 1303862400,
    }
    return json.dumps(review | fields)


def a_product_line(**fields: Any) -> str:
    """A product as the 2018 metadata have it."""
    product = {
        "category": ["Grocery & Gourmet Food", "Beverages", "Tea"],
        "description": ["Black tea."],
        "title": "Morning Tea, 50 bags",
        "brand": "Larkfield",
        "price": "$4.50",
        "asin": TEA,
        "feature": ["Fifty bags"],
        "imageURL": [],
    }
    return json.dumps(product | fields)


def written(path: Path, lines: Iterable[str]) -> Path:
    """A file of these lines, gzip where its name says so."""
    content = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path


def import_amazon(tmp_path: Path, *arguments: str | Path) -> str:
    """What the command prints; its rejects go to `tmp_path`/rejects.jsonl."""
    out = StringIO()
    arguments = ("--rejects", tmp_path / "rejects.jsonl", *arguments)
    call_command("import_amazon", *map(str, arguments), stdout=out)
    return out.getvalue()
