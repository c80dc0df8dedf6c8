"""Word2Vec vectors (Mikolov et al. 2013, skip-gram) of the reviews the model may see."""

from collections.abc import Sequence

import numpy as np
import torch
from gensim.models import Word2Vec
from torch import Tensor

from seq2label.vocabulary import Vocabulary


def word_vectors(
    sentences: Sequence[Sequence[str]], vocabulary: Vocabulary, size: int, epochs: int, seed: int
) -> Tensor:
    """Vectors (words, size) of unit mean length; words that Word2Vec never met are small noise.

    One worker thread, so that the same sentences and seed give the same vectors.
    """
    model = Word2Vec(
        vector_size=size,
        window=5,
        min_count=2,
        sg=1,
        negative=5,
        workers=1,
        seed=seed,
        sample=1e-3,
        epochs=epochs,
    )
    model.build_vocab(sentences)
    model.train(sentences, total_examples=len(sentences), epochs=epochs)
    noise = np.random.default_rng(seed).normal(0, 0.1, (len(vocabulary.words), size))
    vectors = noise.astype(np.float32)
    for index, word in enumerate(vocabulary.words):
        if word in model.wv:
            vectors[index] = model.wv[word]
    vectors[0] = 0.0
    vectors /= np.linalg.norm(vectors, axis=1).mean()
    return torch.from_numpy(vectors * np.float32(size**0.5 / 4))
