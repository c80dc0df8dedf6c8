"""Texts by the word vectors of the checkpoint."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from safetensors.numpy import save_file

from recommender.embedding import Floats
from recommender.exceptions import EmbedderSilent
from recommender.models import DIMENSIONS
from recommender.word_vectors import WordVectors
from seq2label.inference import Tagger

ROOT = Path(__file__).resolve().parents[2]
WORDS = ["<unk>", "tea", "green", "the", "honey"]
VECTORS = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [5, 5, 5], [1, 1, 0]], np.float32)


def a_model(directory: Path, vectors: Floats = VECTORS, words: list[str] = WORDS) -> Path:
    directory.mkdir(exist_ok=True)
    save_file({"embedding.weight": vectors.astype(np.float16)}, directory / "weights.safetensors")
    (directory / "vocabulary.json").write_text(json.dumps({"label_words": 0, "words": words}))
    return directory


def embedded(directory: Path, *texts: str) -> list[list[float]]:
    return [[round(float(value), 3) for value in row[:3]] for row in WordVectors.load(directory).embed(texts)]


def test_a_text_is_the_mean_of_its_telling_words_in_any_order_and_case(tmp_path: Path) -> None:
    directory = a_model(tmp_path)
    assert embedded(directory, "Green TEA", "the tea, the green", "tea") == [
        [0.707, 0.707, 0.0], [0.707, 0.707, 0.0], [1.0, 0.0, 0.0],
    ]  # fmt: skip


def test_words_of_grammar_count_where_there_are_no_others_and_unknown_ones_are_all_alike(
    tmp_path: Path,
) -> None:
    directory = a_model(tmp_path)
    assert embedded(directory, "the", "zorbo", "", "茶") == [
        [0.577, 0.577, 0.577], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0],
    ]  # fmt: skip


def test_vectors_have_length_one_and_the_databases_size_and_end_in_zeros(tmp_path: Path) -> None:
    rows = WordVectors.load(a_model(tmp_path)).embed(["honey", "the honey tea", "?"])
    assert rows.shape == (3, DIMENSIONS)
    assert np.abs(np.linalg.norm(rows, axis=1) - 1).max() < 1e-6
    assert not rows[:, 3:].any()
    assert WordVectors.load(tmp_path).embed([]).shape == (0, DIMENSIONS)


def test_they_are_those_that_the_trained_network_holds() -> None:
    network = Tagger.load(settings.LABEL_MODEL_DIR).network
    ours = WordVectors.load(settings.LABEL_MODEL_DIR).embed(["chocolate"])[0]
    theirs = network.model.embedding.weight[network.vocabulary.ids["chocolate"]].detach().numpy()
    assert np.abs(ours[: theirs.size] - theirs / np.linalg.norm(theirs)).max() < 1e-6


def test_the_version_follows_from_words_and_vectors(tmp_path: Path) -> None:
    first = WordVectors.load(a_model(tmp_path / "a")).model_version
    assert WordVectors.load(a_model(tmp_path / "b")).model_version == first
    assert WordVectors.load(a_model(tmp_path / "b", vectors=VECTORS + 1)).model_version != first
    assert WordVectors.load(a_model(tmp_path / "b", words=WORDS[::-1])).model_version != first


def test_a_copy_is_kept_under_its_version_and_gives_the_same(tmp_path: Path) -> None:
    vectors = WordVectors.load(a_model(tmp_path / "model"))
    vectors.keep(tmp_path / "copies")
    vectors.keep(tmp_path / "copies")
    [copy] = (tmp_path / "copies").iterdir()
    kept = WordVectors.load(copy)
    assert copy.name == kept.model_version == vectors.model_version
    assert np.array_equal(kept.embed(["green honey"]), vectors.embed(["green honey"]))


@pytest.mark.parametrize("broken", ["weights.safetensors", "vocabulary.json"])
def test_a_model_that_cannot_be_read_is_named(tmp_path: Path, broken: str) -> None:
    a_model(tmp_path)
    (tmp_path / broken).write_bytes(b"not it")
    with pytest.raises(EmbedderSilent, match=str(tmp_path)):
        WordVectors.load(tmp_path)
    (tmp_path / broken).unlink()
    with pytest.raises(EmbedderSilent, match=str(tmp_path)):
        WordVectors.load(tmp_path)


def test_words_and_vectors_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderSilent, match="do not fit its words"):
        WordVectors.load(a_model(tmp_path, words=WORDS[:-1]))


EMBEDS = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django; django.setup()
from django.conf import settings
from recommender.word_vectors import WordVectors
WordVectors.load(settings.LABEL_MODEL_DIR).embed(["a quiet tea"])
print(sorted({"torch", "gensim", "openai"} & sys.modules.keys()))
"""


def test_they_need_neither_torch_nor_gensim() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EMBEDS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "[]\n", done.stderr
