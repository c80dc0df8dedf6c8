"""The fine-tuned MiniLM that teaches: what it says, and that it is asked once only."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from seq2label.config import ModelConfig, TrainingConfig
from seq2label.distillation import Spoken
from seq2label.examples import labelled_pairs, split_by_product
from seq2label.training import Plan, Prepared, prepare
from tests.seq2label.builders import write_pairs

RUN = TrainingConfig(teacher_epochs=2, min_word_count=1, word_vector_epochs=1)


def _prepared(folder: Path, watch: Callable[[str, int], Callable[[], None]]) -> Prepared:
    torch.set_num_threads(1)
    split = split_by_product(labelled_pairs(write_pairs(folder / "pairs.jsonl")))
    plan = Plan(ModelConfig(), RUN, torch.device("cpu"), folder / "training.pt")
    return prepare(split, [], plan, watch)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("teacher")


@pytest.fixture(scope="module")
def spoken(folder: Path) -> Spoken:
    said = _prepared(folder, lambda title, steps: lambda: None).lessons.spoken
    assert said is not None
    return said


def test_the_order_of_two_reviews_changes_no_figure(spoken: Spoken) -> None:
    forward = spoken.marginals(np.array([1, 3]), np.array([2, 0]))
    np.testing.assert_array_equal(forward, spoken.marginals(np.array([2, 0]), np.array([1, 3])))


def test_the_bias_alone_knows_how_common_labels_are() -> None:
    spoken = Spoken(np.zeros((1, 3), dtype=np.float16), np.log([0.5, 0.25, 0.25]).astype(np.float32))
    np.testing.assert_allclose(spoken.marginals(np.array([0]), np.array([0])), [[1.0, 0.5, 0.5]], rtol=1e-6)


def test_an_empty_review_adds_nothing(spoken: Spoken) -> None:
    assert not spoken.logits[0].any()


def test_a_resumed_run_does_not_ask_again(folder: Path, spoken: Spoken) -> None:
    asked: list[str] = []

    def watch(title: str, steps: int) -> Callable[[], None]:
        asked.append(title)
        return lambda: None

    again = _prepared(folder, watch).lessons.spoken
    assert asked == []
    assert again is not None
    np.testing.assert_array_equal(again.logits, spoken.logits)
