"""The three commands on tiny files: train, label, evaluate."""

import gzip
import json
import shutil
import subprocess
import sys
from io import StringIO
from itertools import compress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from seq2label.examples import labelled_pairs, split_by_product
from seq2label.files import written_whole
from seq2label.inference import Tagger
from seq2label.management.commands import label_pairs
from tests.seq2label.builders import write_pairs

SCORER = Path(__file__).resolve().parents[3] / "shared" / "tools" / "score_tags.py"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pairs, reviews and a checkpoint trained on them for one epoch a stage."""
    folder = tmp_path_factory.mktemp("seq2label")
    settings.VAR_DIR = folder / "var"
    write_pairs(folder / "pairs.jsonl")
    (folder / "reviews.csv").write_text(
        "product,review,score\nX1,a stale old thing,other\nX2,so crunchy,great\n"
    )
    call_command(
        "train_seq2label",
        pairs=folder / "pairs.jsonl",
        reviews=[folder / "reviews.csv"],
        out=folder / "model",
        weak_epochs=1,
        epochs=1,
        no_sentence_teacher=True,
    )
    return folder


def test_training_leaves_a_whole_checkpoint_and_no_state(trained: Path) -> None:
    names = {path.name for path in (trained / "model").iterdir()}
    assert names == {
        "README.md",
        "config.json",
        "curves.png",
        "labels.json",
        "metrics.json",
        "vocabulary.json",
        "weights.safetensors",
    }
    assert not list((trained / "var").rglob("training.pt"))
    assert not list(trained.glob(".model-*"))


def test_every_pair_gets_a_line_with_two_known_labels(trained: Path) -> None:
    out = trained / "labels.jsonl"
    call_command("label_pairs", pairs=trained / "pairs.jsonl", out=out, model=trained / "model")
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in rows] == [f"p{number:03}" for number in range(40)]
    assert {len(set(row["labels"])) for row in rows} == {2}
    assert {label for row in rows for label in row["labels"]} <= {
        "crunchy",
        "too sweet",
        "stale",
        "great value",
    }


def test_stars_labels_and_texts_may_be_absent(trained: Path) -> None:
    (trained / "bare.jsonl").write_text(
        '{"id": "one", "review_a": "so crunchy", "review_b": ""}\n'
        '{"id": "\\ud800", "review_a": "", "review_b": "<br />", "stars_a": null}\n'
    )
    call_command(
        "label_pairs", pairs=trained / "bare.jsonl", out=trained / "bare.out", model=trained / "model"
    )
    one, nobody = (json.loads(line) for line in (trained / "bare.out").read_text().splitlines())
    assert (one["id"], len(one["labels"])) == ("one", 2)
    assert nobody == {"id": "\ud800", "labels": []}


def test_the_chunks_of_a_stream_change_no_label(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_pairs, "CHUNK", 7)
    call_command(
        "label_pairs", pairs=trained / "pairs.jsonl", out=trained / "chunks", model=trained / "model"
    )
    monkeypatch.undo()
    call_command("label_pairs", pairs=trained / "pairs.jsonl", out=trained / "whole", model=trained / "model")
    assert (trained / "chunks").read_text() == (trained / "whole").read_text()


def test_the_training_file_is_evaluated_on_its_test_part_only(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command(
        "evaluate_seq2label",
        pairs=trained / "pairs.jsonl",
        model=trained / "model",
        json=trained / "figures.json",
    )
    figures = json.loads((trained / "figures.json").read_text())
    stored = json.loads((trained / "model" / "metrics.json").read_text())
    assert f"only its held-out test part counts ({stored['sizes']['test']} pairs)" in capsys.readouterr().out
    assert figures["pairs"] == stored["sizes"]["test"]
    assert figures["unchanged_by_swap"] == 1.0
    assert set(figures["peers"]) == {"majority", "1-NN", "lexicon", "linear"}


def test_the_published_scorer_gives_the_same_figures(trained: Path) -> None:
    if not SCORER.exists():
        pytest.skip(f"{SCORER} is not there to compare with")
    pairs, labels, figures = trained / "pairs.jsonl", trained / "scored.jsonl", trained / "scored.json"
    other = trained / "other.jsonl"  # the test part alone: all of it counts
    other.write_text("".join(parts_of(pairs)[0]))
    call_command("label_pairs", pairs=other, out=labels, model=trained / "model")
    call_command("evaluate_seq2label", pairs=other, model=trained / "model", json=figures)
    asked = subprocess.run(
        [sys.executable, SCORER, other, labels, "--json"], capture_output=True, text=True, check=True
    )
    theirs, ours = json.loads(asked.stdout), json.loads(figures.read_text())["scores"]
    assert theirs == ours["agreement"] | {"duplicates": ours["duplicates"], "covered": ours["covered"]}


def test_a_malformed_line_is_named_and_nothing_is_written(trained: Path) -> None:
    bad = trained / "bad.jsonl"
    bad.write_text('{"id": "x", "review_a": "a", "review_b": "b"}\n{"id": \n')
    with pytest.raises(CommandError, match=r"bad\.jsonl, line 2: not JSON") as caught:
        call_command("label_pairs", pairs=bad, out=trained / "never.jsonl", model=trained / "model")
    assert caught.value.returncode == 1
    assert not list(trained.glob("*never*"))


def test_an_absent_model_is_a_sentence(trained: Path) -> None:
    with pytest.raises(CommandError, match="there is no such directory"):
        call_command("label_pairs", pairs=trained / "pairs.jsonl", out=trained / "n", model=trained / "none")


def test_the_card_names_what_another_run_did_otherwise(trained: Path) -> None:
    version = Tagger.load(trained / "model").model_version
    other = trained / "other"
    shutil.copytree(trained / "model", other)
    metrics = json.loads((other / "metrics.json").read_text())
    metrics["training"]["weak_epochs"], metrics["validation_f1"] = 0, 0.125
    (other / "metrics.json").write_text(json.dumps(metrics))
    call_command("describe_seq2label", model=trained / "model", variants=[other], card=trained / "card.md")
    assert "| trained with weak_epochs = 0 | 0.125 |" in (trained / "card.md").read_text()
    assert "| trained with weak_epochs = 0 | 0.125 |" in (trained / "model" / "README.md").read_text()
    assert Tagger.load(trained / "model").model_version == version


def evaluated(trained: Path, pairs: Path) -> dict[str, Any]:
    figures = trained / "evaluated.json"
    call_command("evaluate_seq2label", pairs=pairs, model=trained / "model", json=figures)
    found: dict[str, Any] = json.loads(figures.read_text())
    return found


@pytest.mark.parametrize("name", ["unpacked.jsonl", "packed.jsonl.gz"])
def test_in_any_form_the_training_file_is_evaluated_on_its_test_part_only(
    trained: Path, tmp_path: Path, name: str
) -> None:
    lines = (trained / "pairs.jsonl").read_text().splitlines()
    with written_whole(tmp_path / name) as again:
        again.write("\n\n".join(reversed(lines)))
    assert evaluated(trained, tmp_path / name) == evaluated(trained, trained / "pairs.jsonl")


def test_of_a_part_of_the_training_file_only_what_was_not_seen_counts(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tested, learnt = parts_of(trained / "pairs.jsonl")
    part = tmp_path / "part.jsonl"
    part.write_text("".join(learnt[:5] + tested))
    assert evaluated(trained, part)["pairs"] == len(tested)
    said = f"{len(tested)} of {len(tested) + 5} pairs of {part} count: the model was trained on texts of the"
    assert said in capsys.readouterr().out
    part.write_text("".join(learnt[:5]))
    with pytest.raises(CommandError, match="was trained on texts of every pair of .*: none can be counted"):
        evaluated(trained, part)


def parts_of(pairs: Path) -> tuple[list[str], list[str]]:
    """The lines of the test part, and the others."""
    held_out = {pair.id for pair in split_by_product(labelled_pairs(pairs)).test}
    lines = pairs.read_text().splitlines(keepends=True)
    is_tested = [json.loads(line)["id"] in held_out for line in lines]
    return list(compress(lines, is_tested)), list(compress(lines, (not one for one in is_tested)))


def test_a_file_without_pairs_or_with_an_id_twice_is_not_evaluated(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(CommandError, match=r"empty\.jsonl holds no pairs: nothing can be measured"):
        evaluated(trained, tmp_path / "empty.jsonl")
    (tmp_path / "twice.jsonl").write_text(2 * (trained / "pairs.jsonl").read_text())
    with pytest.raises(CommandError, match="line 41: the id p000 stands in line 1 already"):
        evaluated(trained, tmp_path / "twice.jsonl")


def test_without_stars_polarity_is_not_measured(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluated(trained, trained / "pairs.jsonl")["polarity_agrees"] is None
    assert "polarity agrees    not measured   (reference labels not measured)" in capsys.readouterr().out
    assert "Polarity agrees with the stars: not measured" in (trained / "model" / "README.md").read_text()


def test_a_file_without_pairs_gives_a_file_without_labels_and_says_so(trained: Path, tmp_path: Path) -> None:
    pairs, out, printed = tmp_path / "empty.jsonl", tmp_path / "labels.jsonl", StringIO()
    pairs.write_text("\n")
    call_command("label_pairs", pairs=pairs, out=out, model=trained / "model", stdout=printed)
    assert printed.getvalue() == f"{pairs} holds no pairs: {out} is empty.\n"
    assert out.read_text() == ""


def test_labels_are_compressed_where_the_name_says_so(trained: Path, tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.jsonl", tmp_path / "packed.jsonl.gz"
    for out in (plain, packed):
        call_command("label_pairs", pairs=trained / "pairs.jsonl", out=out, model=trained / "model")
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("pairs.jsonl", "is read, and would be replaced by what is written: choose another"),
        ("link", "is read, and would be replaced by what is written: choose another"),
        ("", "is no file: name one to write"),
        ("pairs.jsonl/out", "cannot be written: "),
    ],
)
def test_what_cannot_be_written_is_told_before_the_model_is_opened(
    tmp_path: Path, name: str, sentence: str
) -> None:
    pairs = write_pairs(tmp_path / "pairs.jsonl")
    (tmp_path / "link").symlink_to(pairs)
    before, names = pairs.read_bytes(), sorted(tmp_path.iterdir())
    with pytest.raises(CommandError, match=sentence):
        call_command("label_pairs", pairs=pairs, out=tmp_path / name, model=Path("/nowhere"))
    with pytest.raises(CommandError, match=sentence):
        call_command("evaluate_seq2label", pairs=pairs, json=tmp_path / name, model=Path("/nowhere"))
    assert (pairs.read_bytes(), sorted(tmp_path.iterdir())) == (before, names)


def test_a_checkpoint_takes_the_place_of_nothing_else(tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs.jsonl")
    with pytest.raises(CommandError, match="is there and is no checkpoint: name another directory"):
        call_command("train_seq2label", pairs=pairs, out=tmp_path)
    assert list(tmp_path.iterdir()) == [pairs]


def test_a_file_that_is_not_there_is_a_sentence(trained: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "nowhere.jsonl"
    with pytest.raises(
        CommandError, match=r"^\S+nowhere\.jsonl cannot be read: No such file or directory\.$"
    ):
        call_command("label_pairs", pairs=pairs, out=tmp_path / "out", model=trained / "model")
