"""A checkpoint comes back as it was, and says so when it cannot."""

import json
from pathlib import Path

import pytest
import torch

from seq2label.checkpoint import save_checkpoint
from seq2label.config import ModelConfig, SearchConfig
from seq2label.exceptions import CheckpointError, ConfigError
from seq2label.inference import ReviewText, Tagger
from tests.seq2label.builders import TEXTS, a_network

PAIR = (ReviewText(TEXTS[0], 5), ReviewText(TEXTS[1], 2))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_checkpoint(a_network(), tmp_path / "model", metrics={"f1": 1}, card="# Card\n", pictures={})
    return tmp_path / "model"


def test_a_checkpoint_comes_back_as_it_was(saved: Path) -> None:
    before, after = Tagger(a_network(), "made", torch.device("cpu")), Tagger.load(saved)
    [expected], [found] = before.label_pairs([PAIR]), after.label_pairs([PAIR])
    assert [label.text for label in found] == [label.text for label in expected]
    assert [round(label.score, 2) for label in found] == [round(label.score, 2) for label in expected]


def test_the_version_follows_the_weights_and_the_config(saved: Path) -> None:
    version = Tagger.load(saved).model_version
    assert Tagger.load(saved).model_version == version
    save_checkpoint(a_network(seed=4), saved, metrics={}, card="", pictures={})
    assert Tagger.load(saved).model_version != version
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


def test_an_absent_checkpoint_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        Tagger.load(tmp_path / "none")
    assert str(caught.value) == (
        f"The checkpoint {tmp_path / 'none'} cannot be used: there is no such directory."
        " Train one with train_seq2label."
    )


@pytest.mark.parametrize("name", ["weights.safetensors", "config.json", "vocabulary.json", "labels.json"])
def test_a_missing_file_is_named(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with pytest.raises(CheckpointError, match="is missing"):
        Tagger.load(saved)


@pytest.mark.parametrize("name", ["weights.safetensors", "config.json", "vocabulary.json", "labels.json"])
def test_a_file_cut_short_is_damage(saved: Path, name: str) -> None:
    whole = (saved / name).read_bytes()
    (saved / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="it is damaged"):
        Tagger.load(saved)


def test_weights_of_another_size_are_damage(saved: Path) -> None:
    config = json.loads((saved / "config.json").read_text())
    config["model"]["hidden"] = 8
    (saved / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="it is damaged"):
        Tagger.load(saved)


def test_a_config_refuses_an_unknown_and_a_missing_key() -> None:
    with pytest.raises(ConfigError, match=r"^SearchConfig does not know colour\.$"):
        SearchConfig.from_dict(SearchConfig().as_dict() | {"colour": 1})
    with pytest.raises(ConfigError, match=r"^SearchConfig lacks beam, contrary, copied, decoder_share\.$"):
        SearchConfig.from_dict({"threshold": 0.1})


def test_a_config_refuses_impossible_values() -> None:
    with pytest.raises(ConfigError, match="attention is “dot” or “general”, not “both”"):
        ModelConfig(attention="both")
    with pytest.raises(ConfigError, match="are at least 1"):
        ModelConfig(hidden=0)


def test_a_checkpoint_with_an_unknown_setting_is_refused(saved: Path) -> None:
    config = json.loads((saved / "config.json").read_text())
    config["search"]["colour"] = 1
    (saved / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="SearchConfig does not know colour"):
        Tagger.load(saved)
