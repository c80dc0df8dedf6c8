"""How often a product that nobody has touched is found for whoever takes it next."""

import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from recommender.embedding import default_embedder
from recommender.evaluation.cold import FOLDS, questions, read_shop

DAY = 86_400
TEAS = ("Green tea leaves", "Black tea leaves", "White tea leaves", "Oolong tea leaves", "Jasmine tea leaves")
TOOLS = ("Steel hammer", "Steel wrench", "Steel pliers", "Steel chisel", "Steel screwdriver")


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Some take teas, others tools; nobody both."""
    names = {f"A{number:03}": name for number, name in enumerate((*TEAS, *TOOLS))}
    products: list[dict[str, Any]] = [{"asin": asin, "title": name} for asin, name in names.items()]
    asins = list(names)
    reviews: list[dict[str, Any]] = [
        {
            "reviewerID": f"R{side}{user}", "asin": asin, "overall": 5.0, "summary": "Good",
            "reviewText": "Good.", "unixReviewTime": 1_400_000_000 + place * DAY,
        }
        for side in (0, 1)
        for user in range(6)
        for place, asin in enumerate(asins[5 * side : 5 * side + 5])
    ]  # fmt: skip
    return lines(tmp_path / "reviews.json", reviews), lines(tmp_path / "meta.json", products)


def test_nothing_is_known_of_what_is_withheld(files: tuple[Path, Path]) -> None:
    shop = read_shop(*files, default_embedder())
    asked = [(one, targets) for fold in range(FOLDS) for one, _near, targets in questions(shop, fold)]
    assert sum(len(targets) for _, targets in asked) == 60  # each of ten products, for six that took it
    assert {float(one.counts[target]) for one, targets in asked for target in targets} == {0.0}
    assert {float(one.behaved[target]) for one, targets in asked for target in targets} == {0.0}
    assert all(set(one.had.tolist()).isdisjoint(targets) for one, targets in asked)


def test_the_command_finds_them_by_what_their_texts_mean(files: tuple[Path, Path], tmp_path: Path) -> None:
    figures, printed = tmp_path / "figures.json", StringIO()
    call_command("evaluate_cold_start", reviews=files[0], meta=files[1], k=3, json=figures, stdout=printed)
    found = json.loads(figures.read_text())
    assert found["content alone"]["HR@3"] == 1.0
    assert found["behaviour alone"]["HR@3"] == 0.5  # by its number, where all that is known is had
    assert found["Larder, as served"]["HR@3"] == 1.0
    assert (
        "60 times one of 12 users took a product that was withheld; it is looked for among those of all 10"
        in (printed.getvalue())
    )
    assert "| chance | 0.3000 |" in printed.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"), [("", "is empty: it should hold reviews"), ("{}\n", "does not hold reviews")]
)
def test_a_file_that_holds_no_reviews_is_refused(
    files: tuple[Path, Path], content: str, sentence: str
) -> None:
    files[0].write_text(content)
    with pytest.raises(CommandError, match=sentence):
        call_command("evaluate_cold_start", reviews=files[0], meta=files[1])
    with pytest.raises(CommandError, match="--k is 0"):
        call_command("evaluate_cold_start", reviews=files[0], meta=files[1], k=0)


def test_more_than_there_are_cannot_be_shown(files: tuple[Path, Path]) -> None:
    with pytest.raises(CommandError, match="--k is 11, and there are 10 products: all would be shown"):
        call_command("evaluate_cold_start", reviews=files[0], meta=files[1], k=11)


def test_the_figures_do_not_take_the_place_of_what_is_read(files: tuple[Path, Path]) -> None:
    for read in files:
        before = read.read_bytes()
        with pytest.raises(CommandError, match="is read, and would be replaced by what is written"):
            call_command("evaluate_cold_start", reviews=files[0], meta=files[1], json=read)
        assert read.read_bytes() == before


def test_a_file_cut_short_is_fetched_again_and_nothing_is_said_of_importing(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    cut = tmp_path / "reviews.json.gz"
    whole = gzip.compress(files[0].read_bytes() * 200)
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CommandError, match=r"Fetch the file again and rerun the command\.$"):
        call_command("evaluate_cold_start", reviews=cut, meta=files[1])
