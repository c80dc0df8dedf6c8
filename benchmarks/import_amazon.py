"""`python -m benchmarks.import_amazon`: reviews a second and peak memory of `manage.py import_amazon`.

Writes a file of reviews and one of products in the schema of Amazon Review Data 2018, the same at every run,
imports them into an empty database, runs the import again, and prints a table in Markdown. The database is
the profile's own: SQLite in `--folder`, or what DATABASE_URL names, which must be empty.
"""

import argparse
import gzip
import os
import platform
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import orjson
import psutil
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
PRODUCTS = 60_000  # of a million reviews: as in the published grocery file, 17 a product
SEED = 2018
FIRST_DAY, DAYS = 1_104_537_600, 5_000  # from 2005
WORDS = (  # noqa: SIM905 (easier to read)
    "the a and I it is this of to in for my was that with but not have so you they are these on we "
    "great taste flavor coffee tea chocolate snack price box bag pack sugar sweet salty fresh bitter strong "
    "product order arrived love like good really very little much would will buy again recommend kids family "
    "morning breakfast healthy organic gluten free texture crunchy soft smell smooth quality store cheaper"
).split()
SEASONING = (
    "&#34;",
    "&quot;yum&quot;",
    "&amp;",
    "<br />",
    "<br /><br />",
    "caf\u00e9",
    "don't",
    "it's",
    "\u2665",
)
AISLES = ("Beverages", "Snack Foods", "Breakfast Foods", "Cooking & Baking", "Candy & Chocolate")
SHELVES = ("Coffee", "Tea", "Bars", "Cereals", "Spices", "Syrups", "Chips", "Gum")


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float
    peak_mib: float  # resident set of the importing process
    printed: str

    @property
    def per_second(self) -> int:
        """Of the reviews, as the command itself measured."""
        found = re.search(r"^Reviews: .*\(([\d,]+) a second", self.printed, re.MULTILINE)
        assert found, self.printed
        return int(found[1].replace(",", ""))


def main() -> None:
    options = read_options()
    options.folder.mkdir(parents=True, exist_ok=True)
    products = max(1, PRODUCTS * options.reviews // 1_000_000)
    meta = options.folder / f"meta-{products}.json.gz"
    reviews = options.folder / f"reviews-{options.reviews}.json.gz"
    write(meta, product_lines(products), products)
    write(reviews, review_lines(options.reviews, products), options.reviews)

    environment = os.environ | {"VAR_DIR": str(options.folder / "var")}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    command = ["manage.py", "import_amazon", "--reviews", str(reviews), "--meta", str(meta)]
    load_before = os.getloadavg()[0]
    runs = {name: measure(command, environment) for name in ("first run, empty database", "second run")}
    if " 0 unchanged" not in runs["first run, empty database"].printed.splitlines()[0]:
        sys.exit("The database was not empty: the figures would mean nothing.")
    print("\n".join(report(runs, reviews, load_before)))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reviews", type=int, default=1_000_000, help="how many (%(default)s)")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "var" / "benchmarks" / "import", help="for files and SQLite"
    )
    return parser.parse_args()


def write(path: Path, lines: Iterator[dict[str, object]], total: int) -> None:
    """A gzip file, unless an earlier run wrote it whole."""
    if path.exists():
        return
    draft = path.with_suffix(".part")
    with gzip.GzipFile(draft, "wb", compresslevel=1, mtime=0) as file:
        for line in tqdm(lines, desc=path.name, total=total, file=sys.stderr):
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    os.replace(draft, path)


def product_lines(count: int) -> Iterator[dict[str, object]]:
    """Nine in ten products have metadata; half of these a price, a third a description."""
    chance = random.Random(SEED)
    for number in range(count):
        if chance.random() < 0.1:
            continue
        yield {
            "category": ["Grocery & Gourmet Food", chance.choice(AISLES), chance.choice(SHELVES)],
            "description": [text(chance, 80)] if chance.random() < 0.33 else [],
            "title": text(chance, 10).title(),
            "also_buy": [],
            "brand": text(chance, 1).title() if chance.random() < 0.8 else "",
            "feature": [text(chance, 12)] if chance.random() < 0.5 else [],
            "price": f"${chance.uniform(1, 60):.2f}" if chance.random() < 0.5 else "",
            "asin": asin(number),
            "imageURL": [],
        }


def review_lines(count: int, products: int) -> Iterator[dict[str, object]]:
    """Reviews in no order; few products have many, texts of 3 to some hundred words, fields missing."""
    chance = random.Random(SEED + 1)
    popularity = list(accumulate(1 / (rank + 20) ** 0.8 for rank in range(products)))
    numbers = range(products)
    for _ in range(count):
        review: dict[str, object] = {
            "overall": float(chance.choices((1, 2, 3, 4, 5), (9, 5, 7, 13, 66))[0]),
            "verified": chance.random() < 0.85,
            "reviewerID": f"A{chance.getrandbits(52):X}",
            "asin": asin(chance.choices(numbers, cum_weights=popularity)[0]),
            "unixReviewTime": FIRST_DAY + 86_400 * chance.randrange(DAYS),
            "summary": text(chance, 4),
        }
        if chance.random() < 0.98:
            review["reviewText"] = text(chance, 3 + int(chance.lognormvariate(3.2, 1.0)))
        if chance.random() < 0.15:
            review["vote"] = f"{chance.randrange(2, 3000):,}"
        if chance.random() < 0.9:
            review["reviewerName"] = text(chance, 2).title()
        yield review


def text(chance: random.Random, words: int) -> str:
    """Words with now and then an entity, a tag or a letter that is not ASCII."""
    chosen = chance.choices(WORDS, k=min(words, 1_500))
    if words > 4 and chance.random() < 0.4:
        chosen.insert(words // 2, chance.choice(SEASONING))
    return " ".join(chosen)


def asin(number: int) -> str:
    return f"B{number:09d}"


def measure(command: list[str], environment: dict[str, str]) -> Measured:
    """Run the command; its resident memory is looked at ten times a second."""
    start, peak = time.perf_counter(), 0
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    seen = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            peak = max(peak, seen.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.1)
    printed, _ = process.communicate()
    if process.returncode:
        sys.exit("The import failed: see above.")
    return Measured(time.perf_counter() - start, peak / 2**20, printed)


def report(runs: dict[str, Measured], reviews: Path, load_before: float) -> Iterator[str]:
    database = os.environ.get("DATABASE_URL", "sqlite").partition(":")[0]
    yield f"Commit {commit()}, {os.cpu_count()} cores ({platform.machine()}),"
    yield f"load before the run {load_before:.1f},"
    yield f"Python {platform.python_version()}, {reviews.name}: {reviews.stat().st_size / 2**20:.0f} MiB."
    yield ""
    yield "| database | run | reviews/s | all, seconds | peak memory, MiB |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for name, run in runs.items():
        yield f"| {database} | {name} | {run.per_second:,} | {run.seconds:.0f} | {run.peak_mib:.0f} |"
    for name, run in runs.items():
        yield from ("", f"{name[0].upper()}{name[1:]}:", "", "```", run.printed.rstrip(), "```")


def commit() -> str:
    return subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True).strip()


if __name__ == "__main__":
    main()
