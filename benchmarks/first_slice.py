"""`make real DATA=../shared/data`: the whole way on real files, each stage timed.

import → train → label → cluster and embed → publish → serve, into databases of its own under `var/real`.
Every stage may be killed and run again: what is done stays done. The report goes to standard output, and
with `--report` to a file.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from urllib.request import urlopen

import django
from django.db.models import F

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from shop.models import Product

ROOT = Path(__file__).resolve().parent.parent
PRODUCTS_SHOWN = 10
ALIKE_SHOWN = 5
QUESTIONS = (
    "a strong dark coffee that is not bitter",
    "something crunchy and low in sugar for a school lunch",
    "gluten free baking mix",
)


@dataclass
class Stages:
    """What each stage took, in seconds, in order; kept in a file, since a run may be stopped and go on."""

    file: Path
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def kept_in(cls, file: Path) -> "Stages":
        return cls(file, json.loads(file.read_text()) if file.exists() else {})

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """A stage that was done before finds nothing to do and takes less: the longest time counts."""
        print(f"\n== {name} ==", flush=True)
        start = time.perf_counter()
        yield
        self.note(name, time.perf_counter() - start)

    def note(self, name: str, seconds: float) -> None:
        self.seconds[name] = max(seconds, self.seconds.get(name, 0.0))
        self.file.write_text(json.dumps(self.seconds))


def main() -> None:
    options = read_options()
    reviews = options.data / "amazon" / "Grocery_and_Gourmet_Food.json.gz"
    model = options.var / "model"
    os.environ |= {"VAR_DIR": str(options.var), "DJANGO_SETTINGS_MODULE": "config.settings"}
    os.environ["LABEL_MODEL_DIR"] = str(
        model if options.train else ROOT / "seq2label" / "checkpoints" / "default"
    )
    stages = Stages.kept_in(options.var / "stages.json")

    manage("migrate", "--verbosity=0")
    manage("migrate", "--verbosity=0", "--database=recommender")
    with stages.timed("import"):
        meta = options.data / "amazon" / "meta_Grocery_and_Gourmet_Food.json.gz"
        manage("import_amazon", "--reviews", str(reviews), "--meta", str(meta))
    if options.train:
        if not (model / "config.json").exists():
            loose = options.data / "amazon" / "loose_reviews.csv.gz"
            pairs = options.data / "labels" / "pairs.jsonl.gz"
            manage("train_seq2label", "--pairs", str(pairs), "--reviews", str(reviews), str(loose),
                   "--out", str(model), "--resume")  # fmt: skip
        stages.note("train", json.loads((model / "metrics.json").read_text())["seconds"]["whole run"])
    recommend(stages)
    report = write_report(stages, options.train)
    with stages.timed("serve"):
        report += serve(stages, options.port, options.screenshot)
    print("\n" + report)
    if options.report:
        options.report.write_text(report)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with amazon/ and labels/")
    parser.add_argument(
        "--var", type=Path, default=ROOT / "var" / "real", help="where its databases are kept"
    )
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--report", type=Path, help="Markdown file to write the report to")
    parser.add_argument(
        "--screenshot", type=Path, help="PNG file: a product's page (needs Chromium and Playwright)"
    )
    parser.add_argument(
        "--no-train", dest="train", action="store_false", help="use the checkpoint that ships"
    )
    parser.add_argument("--fresh", action="store_true", help="forget an earlier run first")
    options = parser.parse_args()
    options.var = options.var.absolute()
    for name in ("amazon/Grocery_and_Gourmet_Food.json.gz", "labels/pairs.jsonl.gz"):
        if not (options.data / name).exists():
            parser.error(
                f"{options.data / name} is missing: name the folder with the data, as in make real DATA=…"
            )
    if options.fresh and options.var.exists():
        shutil.rmtree(options.var)
    options.var.mkdir(parents=True, exist_ok=True)
    return options


def manage(*arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, check=True)


def recommend(stages: Stages) -> None:
    """As the worker does."""
    django.setup()
    from recommender import services  # noqa: PLC0415 (Django must be set up first)

    steps: dict[str, Callable[[], object]] = {
        "ingest": services.ingest,
        "label, cluster, embed and publish": services.catch_up,
    }
    for name, step in steps.items():
        with stages.timed(name):
            step()


def write_report(stages: Stages, is_trained: bool) -> str:
    from recommender.models import Label, ReviewLabel, TagCluster  # noqa: PLC0415
    from shop.models import Product, ProductTag, Review  # noqa: PLC0415

    lines = [
        "# The whole way on real files",
        "",
        "`make real DATA=…` with the grocery part of Amazon Review Data, in the sizes below; written by "
        "`python -m benchmarks.first_slice --data … --report FILE --screenshot FILE`.",
        "",
        f"Commit {commit()}, {machine()}, load at the end {os.getloadavg()[0]:.1f}.",
        "",
        "| stage | seconds |",
        "| --- | ---: |",
        *(f"| {name} | {seconds:.1f} |" for name, seconds in stages.seconds.items()),
        "",
        f"The model was {'trained in this run' if is_trained else 'the checkpoint that ships'}.",
        "",
        "| what | rows |",
        "| --- | ---: |",
        f"| products | {Product.objects.count():,} |",
        f"| reviews | {Review.objects.count():,} |",
        f"| labels read in reviews | {ReviewLabel.objects.count():,} |",
        f"| different labels | {Label.objects.filter(review_labels__isnull=False).distinct().count():,} |",
        f"| tags on products | {TagCluster.objects.count():,} |",
        f"| products with tags | {ProductTag.objects.values('product').distinct().count():,} |",
        "",
        f"## Tags of the {PRODUCTS_SHOWN} most reviewed products that have a title",
        "",
        *tags_of_products(),
        f"## Four alike, for {ALIKE_SHOWN} of them",
        "",
        *four_alike_of_products(),
    ]
    return "\n".join(lines) + "\n"


def shown_products(count: int) -> "QuerySet[Product]":
    from shop.models import Product  # noqa: PLC0415

    titled = Product.objects.exclude(name__contains=F("asin")).filter(tags__isnull=False).distinct()
    return titled.order_by("-review_count", "pk")[:count]


def tags_of_products() -> Iterator[str]:
    for product in shown_products(PRODUCTS_SHOWN):
        tags = ", ".join(f"{tag.label} ({tag.count})" for tag in product.tags.all())
        yield f"- **{product.name}**, {product.review_count} reviews: {tags}"
    yield ""


def four_alike_of_products() -> Iterator[str]:
    from recommender.shelf import four_alike  # noqa: PLC0415

    for product in shown_products(ALIKE_SHOWN):
        yield f"- **{product.name}**"
        for offer in four_alike(product):
            yield f"  - {offer.product.name}: *{offer.sentence}*"
    yield ""


def serve(stages: Stages, port: int, screenshot: Path | None) -> str:
    """Open the shop as `make run` does, time its pages over HTTP, take a picture, close it."""
    product = shown_products(1).get()
    pages = {"home": "/", "product": product.get_absolute_url()}
    pages |= {f"ask: {question}": f"/ask/?q={quote(question)}" for question in QUESTIONS}
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "config.serve"], cwd=ROOT, env=os.environ | {"PORT": str(port)}
    )
    try:
        wait_until_open(address, process)
        lines = ["## Pages over HTTP, the second request of each", "", "| page | ms |", "| --- | ---: |"]
        lines += [f"| {name} | {milliseconds(address + path):.0f} |" for name, path in pages.items()]
        if screenshot:
            take_screenshot(address + pages["product"], screenshot)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    if screenshot:
        lines += ["", f"![The page of the product with the most reviews]({screenshot.name})"]
    folder = Path(os.environ["VAR_DIR"])
    shown = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
    return "\n".join(lines) + f"\n\nOpen it again with `make run VAR_DIR={shown}`.\n"


def wait_until_open(address: str, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            with urlopen(f"{address}/health/", timeout=2):  # noqa: S310 (our own address)
                return
        except OSError:
            time.sleep(0.2)
    sys.exit("The shop did not open: see above.")


def milliseconds(address: str) -> float:
    for _ in range(2):
        start = time.perf_counter()
        with urlopen(address, timeout=30) as answer:  # noqa: S310 (our own address)
            answer.read()
        taken = time.perf_counter() - start
    return taken * 1000


def take_screenshot(address: str, file: Path) -> None:
    from playwright.sync_api import FloatRect, sync_playwright  # noqa: PLC0415 (a development dependency)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address, wait_until="networkidle")
        reviews = page.locator("#reviews").bounding_box()
        assert reviews
        # Not the reviews: their texts are other people's.
        clip = FloatRect(x=0, y=0, width=1280, height=reviews["y"] - 20)
        page.screenshot(path=file, full_page=True, clip=clip)
        browser.close()


def commit() -> str:
    return subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True).strip()


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
