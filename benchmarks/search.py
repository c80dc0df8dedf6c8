"""`make bench-search`: nearest products under a filter, by each way of looking, at 200,000 products.

Made vectors that lie as those of texts do; ten categories that hold 0.1 % to 100 % of the products, and
prices by lot, so that a highest price lets as many pass. Every way is asked the same questions in an order by
lot, through the recommender's own functions. Keeps a database of its own under `var/bench-search-…`;
`--products 1000000` is the large run.
"""

import argparse
import gzip
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import numpy as np
from django.core.management import call_command
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.first_slice import commit, machine

if TYPE_CHECKING:
    from recommender.search import Filters, Match

ROOT = Path(__file__).resolve().parent.parent
SHARES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # of the products, by category id
WORDS, LENGTH = 5_000, 5  # known to the made texts; in each of them
SHELF, SHELF_WORDS, OF_SHELF = 500, 40, 0.7  # products, words of its own, and how often a text takes one
SAMPLE, CUT = 1_500, 160  # texts that the made ones are compared with, and how many letters of each
NEIGHBOURS = (1, 4, 10, 40)
COMMON, OWN = 0.27, 0.1  # of a vector's length squared: the same in all, and of this product alone
KINDS = ("category", "price")
SCANS = {"plain HNSW": "off", "iterative, relaxed": "relaxed_order", "iterative, strict": "strict_order"}
K = 4
BLOCK = 10_000
INDEX = "product_nearness"

Floats = NDArray[np.float32]
Way = Callable[[Floats, "Filters"], "list[Match]"]
"""A vector and filters to the nearest products that pass them."""


@dataclass(frozen=True, slots=True)
class Data:
    """Product `row + 1` stands in category `place + 1` where `members[place, row]`."""

    vectors: Floats  # (products, dimensions), of length one, rounded as they are stored
    members: NDArray[np.bool_]  # (categories, products)
    prices: NDArray[np.int64]  # (products,) each once, from 1 on

    @classmethod
    def made(cls, products: int, dimensions: int) -> "Data":
        chance = np.random.default_rng(7)
        draws = chance.random(products)
        members = np.stack([draws < share for share in SHARES])
        return cls(texts(products, dimensions, chance), members, chance.permutation(products) + 1)

    def filters(self, kind: str, place: int) -> "tuple[Filters, NDArray[np.int64]]":
        """What lets SHARES[place] of the products pass, and the rows of those."""
        from recommender.search import Filters  # noqa: PLC0415 (Django must be set up first)

        if kind == "category":
            return Filters(category_id=place + 1), np.flatnonzero(self.members[place])
        most = int(SHARES[place] * len(self.prices))
        return Filters(at_most=Decimal(most)), np.flatnonzero(self.prices <= most)

    def question(self, seed: int) -> Floats:
        """Near some product, and no product."""
        chance = np.random.default_rng(seed)
        noise = np.asarray(chance.normal(size=(self.vectors.shape[1],)), np.float32)
        vector = self.vectors[chance.integers(len(self.vectors))] + 0.4 * noise / np.linalg.norm(noise)
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)

    def answers(self, questions: Floats, rows: NDArray[np.int64]) -> list[set[int]]:
        """Of each question, (questions, dimensions), the K nearest of the products in those rows."""
        best = np.full((len(questions), K), -1.0, np.float32)
        whose = np.zeros((len(questions), K), np.int64)
        for start in range(0, len(rows), BLOCK):  # all at once would be a matrix of gigabytes
            block = rows[start : start + BLOCK]
            cosines = np.hstack([best, questions @ self.vectors[block].T])
            ids = np.hstack([whose, np.broadcast_to(block + 1, (len(questions), len(block)))])
            places = np.argpartition(-cosines, K - 1, axis=1)[:, :K]
            best, whose = np.take_along_axis(cosines, places, 1), np.take_along_axis(ids, places, 1)
        return [set(row[row > 0].tolist()) for row in whose]


def texts(count: int, dimensions: int, chance: np.random.Generator) -> Floats:
    """(count, dimensions): each the mean of a few words, by Zipf's law from its shelf's list or from all."""
    shelves = -(-count // SHELF)
    words = normal(chance, WORDS, dimensions)
    words -= by_zipf(WORDS) @ words  # what all texts have in common is added below, of known length
    lists = chance.choice(WORDS, (shelves, SHELF_WORDS), p=by_zipf(WORDS))
    common = np.sqrt(COMMON / dimensions) * chance.choice([-1.0, 1.0], dimensions).astype(np.float32)
    vectors = np.empty((count, dimensions), dtype=np.float32)
    for start in range(0, count, BLOCK):
        block = vectors[start : start + BLOCK]
        shelf = chance.integers(shelves, size=(len(block), 1))
        places = chance.choice(SHELF_WORDS, (len(block), LENGTH), p=by_zipf(SHELF_WORDS))
        others = chance.choice(WORDS, (len(block), LENGTH), p=by_zipf(WORDS))
        taken = np.where(chance.random(others.shape) < OF_SHELF, lists[shelf, places], others)
        block[:] = words[taken].sum(axis=1)
        block *= np.sqrt((1 - COMMON - OWN) / np.mean(np.sum(block**2, axis=1)))
        block += common + np.sqrt(np.float32(OWN)) * normal(chance, len(block), dimensions)
        block /= np.linalg.norm(block, axis=1, keepdims=True)
        block[:] = block.astype(np.float16)
    return vectors


def by_zipf(count: int) -> NDArray[np.float64]:
    shares = 1.0 / np.arange(1, count + 1)
    return np.asarray(shares / shares.sum())


def normal(chance: np.random.Generator, count: int, dimensions: int) -> Floats:
    """Of length about one; the variance falls with the dimension as it does in vectors of texts."""
    variance = 1 / (np.arange(dimensions) + 4.0)
    scale = np.sqrt(variance / variance.sum()).astype(np.float32)
    return np.asarray(scale * chance.standard_normal((count, dimensions), dtype=np.float32))


def closeness(vectors: Floats) -> list[float]:
    """The median of the cosines to the nearest, to the 4th and so on, and the mean of all cosines."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1.0)
    ordered = np.sort(cosines, axis=1)[:, 1:]
    return [*(float(np.median(ordered[:, -place])) for place in NEIGHBOURS), float(ordered.mean())]


def embedded(file: Path) -> Floats:
    """Of the first SAMPLE reviews in the file that are not the same."""
    from recommender.embedding import default_embedder  # noqa: PLC0415

    with gzip.open(file, "rt", encoding="utf-8") as lines:
        reviews = (str(json.loads(line).get("reviewText") or "")[:CUT] for line in lines)
        chosen = list(islice(dict.fromkeys(filter(None, reviews)), SAMPLE))
    return np.vstack([default_embedder().embed([text]) for text in tqdm(chosen, desc="texts", disable=None)])


def main() -> None:
    options = read_options()
    os.environ.setdefault("VAR_DIR", str(ROOT / "var" / f"bench-search-{options.products}"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from recommender.models import DIMENSIONS  # noqa: PLC0415 (Django must be set up first)

    call_command("migrate", verbosity=0, database="recommender")
    data = Data.made(options.products, DIMENSIONS)
    facts = filled(data, Graph(options.m, options.ef_construction), only_halfvec=options.only_halfvec)
    figures = {kind: measured(data, kind, options.questions) for kind in KINDS}
    lying = {"made": closeness(data.vectors[:SAMPLE])}
    if options.texts and options.texts.exists():
        lying["of reviews"] = closeness(embedded(options.texts))
    else:
        print("Made vectors are not compared with those of texts: --texts names no file that is there.")
    report = "\n".join([*report_lines(options, facts, lying), *figure_lines(options, figures)]) + "\n"
    print(report)
    if options.report:
        options.report.write_text(report, encoding="utf-8")
        draw(figures[KINDS[0]], options.report.with_suffix(".png"))
    if options.json:
        options.json.write_text(json.dumps({"facts": facts, "figures": figures}, indent=1))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--products", type=int, default=200_000)
    parser.add_argument(
        "--texts", type=Path, help="reviews, as JSON a line: how far do the made vectors lie?"
    )
    parser.add_argument("--questions", type=int, default=100, help="for each category")
    parser.add_argument("--m", type=int, default=24, help="of the graphs, as in recommender.models (24)")
    parser.add_argument("--ef-construction", type=int, default=128, help="of the graphs (128)")
    parser.add_argument(
        "--only-halfvec", action="store_true", help="without the index of vectors, built to be compared"
    )
    parser.add_argument("--report", type=Path, help="Markdown file, with a PNG beside it")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser.parse_args()


@dataclass(frozen=True, slots=True)
class Graph:
    """How an HNSW index is built."""

    m: int
    ef_construction: int


def filled(data: Data, graph: Graph, *, only_halfvec: bool) -> dict[str, Any]:
    """The table with its indexes, built once and kept; their times and sizes."""
    from django.db import connections  # noqa: PLC0415

    with connections["recommender"].cursor() as cursor:
        cursor.execute("SELECT obj_description('recommender_productentry'::regclass)")
        kept = cursor.fetchone()[0]
        cursor.execute("SHOW shared_buffers")
        buffers = {"shared buffers": cursor.fetchone()[0]}
        wanted = {"products": len(data.vectors), **asdict(graph), "made_of": "words"}
        if kept and wanted.items() <= json.loads(kept).items():
            return {**json.loads(kept), **buffers}
        cursor.execute(f"TRUNCATE recommender_productentry; DROP INDEX IF EXISTS {INDEX}, as_vector")
        facts = {**wanted, "copy_s": seconds(lambda: copy(cursor.connection, data))}
        cursor.execute("SET maintenance_work_mem = '4GB'")
        columns = {"halfvec": "embedding halfvec"}
        if not only_halfvec:
            columns = {"vector": "(embedding::vector(384)) vector", **columns}
        for kind, column in columns.items():
            name = INDEX if kind == "halfvec" else "as_vector"
            build = (
                f"CREATE INDEX {name} ON recommender_productentry USING hnsw ({column}_cosine_ops)"
                f" WITH (m = {graph.m}, ef_construction = {graph.ef_construction})"
            )
            facts[f"{kind}_build_s"] = seconds(lambda build=build: cursor.execute(build))  # type: ignore[misc]
            cursor.execute("SELECT pg_relation_size(%s)", [name])
            facts[f"{kind}_index_mb"] = cursor.fetchone()[0] / 2**20
            if kind == "vector":
                cursor.execute(f"DROP INDEX {name}")
        cursor.execute("VACUUM (ANALYZE) recommender_productentry")
        cursor.execute("SELECT pg_table_size('recommender_productentry')")
        facts["table_mb"] = cursor.fetchone()[0] / 2**20
        cursor.execute(f"COMMENT ON TABLE recommender_productentry IS '{json.dumps(facts)}'")
    return facts | buffers


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


COLUMNS = {
    "product_id": "int8", "name": "varchar", "name_zh": "varchar", "path": "varchar", "path_zh": "varchar",
    "text": "text", "detail": "text", "terms_zh": "text", "category_ids": "int8[]",
    "selling_price": "numeric", "is_available": "bool", "embedding": "halfvec", "model_version": "varchar",
    "revision": "int8", "published_revision": "int8",
}  # fmt: skip


def copy(connection: Any, data: Data) -> None:
    from pgvector import HalfVector  # noqa: PLC0415
    from pgvector.psycopg import register_vector  # noqa: PLC0415

    register_vector(connection)
    statement = f"COPY recommender_productentry ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement) as rows:
        rows.set_types(list(COLUMNS.values()))
        for row, vector in enumerate(tqdm(data.vectors, desc="copy", unit=" products", disable=None)):
            categories = (np.flatnonzero(data.members[:, row]) + 1).tolist()
            name = f"Product {row + 1}"
            rows.write_row(
                (row + 1, name, "", "", "", name, "", "", categories, Decimal(int(data.prices[row])), True,
                 HalfVector(vector), "made", 1, 1)
            )  # fmt: skip


def ways() -> dict[str, Way]:
    from recommender.search import MOST_SCANNED, Filters, beam, compared, matches, nearest, question  # noqa: PLC0415

    def scanned(mode: str) -> Way:
        def way(vector: Floats, filters: "Filters") -> "list[Match]":
            settings = (mode, str(beam(Filters(), K)), str(MOST_SCANNED))
            return matches(question(K, but_hidden=True, is_walked=True), vector, filters, *settings)

        return way

    return {
        **{name: scanned(mode) for name, mode in SCANS.items()},
        "exact": lambda vector, filters: compared(vector, filters, K),
        "router": lambda vector, filters: nearest(vector, filters, K),
    }


@contextmanager
def forced(name: str) -> Iterator[None]:
    """A scan of the index is one, whatever the planner thinks of it."""
    from django.db import connections  # noqa: PLC0415

    with connections["recommender"].cursor() as cursor:
        if name in SCANS:
            cursor.execute("SET enable_bitmapscan = off; SET enable_seqscan = off; SET enable_sort = off")
        yield
        cursor.execute("RESET enable_bitmapscan; RESET enable_seqscan; RESET enable_sort")


Figures = dict[str, dict[str, dict[str, float]]]
"""By way and share: short answers, recall, and percentiles in ms."""


def measured(data: Data, kind: str, questions: int) -> Figures:
    asked, figures = ways(), defaultdict(dict)  # type: dict[str, Way], Figures
    for place, share in enumerate(SHARES):
        taken: dict[str, list[float]] = defaultdict(list)
        found: dict[str, list[float]] = defaultdict(list)
        short: dict[str, int] = defaultdict(int)
        filters, rows = data.filters(kind, place)
        turns = range(-3, questions)  # the first three warm the caches
        vectors = np.stack([data.question(turn + 100_000 * (place + 1)) for turn in turns])
        for turn, vector, right in zip(turns, vectors, data.answers(vectors, rows), strict=True):
            # By lot: whoever always follows the exact way finds the index pushed out of memory.
            for name in np.random.default_rng([place, turn + 3]).permutation(list(asked)).tolist():
                with forced(name):
                    start = time.perf_counter()
                    answer = asked[name](vector, filters)
                    spent = (time.perf_counter() - start) * 1000
                if turn >= 0:
                    taken[name].append(spent)
                    found[name].append(len(right.intersection(one.product_id for one in answer)) / len(right))
                    short[name] += len(answer) < len(right)
        for name in asked:
            p50, p95, p99 = np.percentile(taken[name], [50, 95, 99])
            figures[name][f"{share:.1%}"] = {
                "short": short[name] / questions, "recall": float(np.mean(found[name])),
                "p50": float(p50), "p95": float(p95), "p99": float(p99),
            }  # fmt: skip
        told = ", ".join(f"{name} {figures[name][f'{share:.1%}']['p50']:.1f}" for name in asked)
        print(f"{kind}, {share:.1%}: {told}", flush=True)
    return dict(figures)


MEASURES = {
    "short": "share of answers with fewer than match",
    "recall": f"recall@{K}",
    "p50": "p50, ms",
    "p95": "p95, ms",
    "p99": "p99, ms",
}


def report_lines(
    options: argparse.Namespace, facts: dict[str, Any], lying: dict[str, list[float]]
) -> Iterator[str]:
    asked = f"--products {options.products} --questions {options.questions}"
    asked += " --only-halfvec" * options.only_halfvec
    yield f"# Search under a filter, among {options.products:,} products\n"
    yield f"`make bench-search ARGS='{asked}'`,"
    yield f"commit {commit()}, {machine()}, load at the end {os.getloadavg()[0]:.1f}.\n"
    yield f"{options.products:,} products, 384 dimensions, LIMIT {K}; {options.questions} "
    yield "questions for each share, every way asked in an order by lot through the ORM, one connection.\n"
    yield "| what | |"
    yield "| --- | ---: |"
    for name, value in facts.items():
        yield f"| {name.replace('_', ' ')} | {value if isinstance(value, str) else format(value, ',.0f')} |"
    places = " | ".join("nearest" if place == 1 else f"{place}th nearest" for place in NEIGHBOURS)
    yield f"\nHow vectors lie: the median cosine among {SAMPLE:,} of them, made or of reviews.\n"
    yield f"| vectors | {places} | any (mean) |"
    yield "| --- |" + " ---: |" * (len(NEIGHBOURS) + 1)
    for name, cosines in lying.items():
        yield f"| {name} | {' | '.join(f'{cosine:.2f}' for cosine in cosines)} |"


def figure_lines(options: argparse.Namespace, figures: dict[str, Figures]) -> Iterator[str]:
    for kind, by_way in figures.items():
        yield f"\n## By {kind}"
        for measure, title in MEASURES.items():
            shares = list(next(iter(by_way.values())))
            yield f"\n| {title} | {' | '.join(shares)} |"
            yield "| --- |" + " ---: |" * len(shares)
            for way, by_share in by_way.items():
                cells = (f"{by_share[share][measure]:.3g}" for share in shares)
                yield f"| {way} | {' | '.join(cells)} |"
        yield f"\n{verdict(by_way)}"
    if options.report:
        yield f"\n![p95 and recall by share]({options.report.with_suffix('.png').name})"


def verdict(figures: Figures) -> str:
    """The router beside the fastest way that answers whole and, from 5 % down exactly, above nearly so."""
    ratios = []
    for share, ours in figures["router"].items():
        least = 1.0 if float(share[:-1]) <= 5 else 0.99
        good = [
            by_share[share]["p50"]
            for name, by_share in figures.items()
            if name != "router" and by_share[share]["short"] == 0 and by_share[share]["recall"] >= least
        ]
        ratios.append(f"{share}: {ours['p50'] / min(good):.2f}" if good else f"{share}: no other way is good")
    return (
        "Router's p50 over that of the best way with recall 1 (up to 5 %) or .99 (above): "
        + ", ".join(ratios)
        + "."
    )


def draw(figures: Figures, file: Path) -> None:
    from matplotlib.figure import Figure  # noqa: PLC0415 (slow to import)

    figure = Figure(figsize=(10, 4), layout="constrained")
    axes: Sequence = figure.subplots(1, 2)  # type: ignore[type-arg]
    for axis, measure, title in zip(axes, ("p95", "recall"), ("p95, ms", f"recall@{K}"), strict=True):
        for way, by_share in figures.items():
            shares = [float(share[:-1]) for share in by_share]
            values = [by_share[share][measure] for share in by_share]
            axis.plot(shares, values, marker="o", label=way, linewidth=3 if way == "router" else 1.2,
                      zorder=3 if way == "router" else 2)  # fmt: skip
        axis.set(xscale="log", xlabel="products that pass, %", title=title)
        axis.grid(alpha=0.3)
    axes[0].set_yscale("log")
    axes[0].legend(fontsize=8)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
