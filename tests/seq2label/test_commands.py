"""The three commands on tiny files: train, label, evaluate."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

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
    other = trained / "other.jsonl"  # another file than the training file: all of it counts
    other.write_text(pairs.read_text() + "\n")
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
