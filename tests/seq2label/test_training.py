"""A run that was killed and resumed ends as one that was not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seq2label.config import ModelConfig, TrainingConfig
from seq2label.examples import labelled_pairs, split_by_product
from seq2label.training import EpochRecord, Plan, Prepared, Training, prepare
from tests.seq2label.builders import write_pairs

MODEL = ModelConfig(embedding=12, hidden=8, summary=10, topics=6)
RUN = TrainingConfig(
    weak_epochs=2, epochs=2, batch_reviews=16, min_word_count=1, word_vector_epochs=1, sentence_teacher=False
)


class Killed(Exception):
    """Stands for a kill between two batches."""


def _plan(state: Path, run: TrainingConfig = RUN) -> Plan:
    return Plan(MODEL, run, torch.device("cpu"), state)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    torch.set_num_threads(1)
    pairs = labelled_pairs(write_pairs(tmp_path_factory.mktemp("pairs") / "pairs.jsonl"))
    return prepare(split_by_product(pairs), [], _plan(Path("unused.pt")), _quiet)


def _training(prepared: Prepared, state: Path) -> Training:
    return Training(prepared, _plan(state))


def _quiet(title: str, steps: int) -> Callable[[], None]:
    return lambda: None


def _killed_in(killed_in: str) -> Callable[[str, int], Callable[[], None]]:
    def progress(title: str, steps: int) -> Callable[[], None]:
        if title == killed_in:
            raise Killed
        return lambda: None

    return progress


def _ignored(record: EpochRecord) -> None:
    pass


def _whole_run(prepared: Prepared, tmp_path: Path) -> Training:
    whole = _training(prepared, tmp_path / "whole.pt")
    whole.fit(_quiet, _ignored)
    return whole


@pytest.mark.parametrize("killed_in", ["weak epoch 2", "fine epoch 1", "fine epoch 2"])
def test_a_resumed_run_ends_in_the_same_weights(prepared: Prepared, tmp_path: Path, killed_in: str) -> None:
    whole = _whole_run(prepared, tmp_path)
    with pytest.raises(Killed):
        _training(prepared, tmp_path / "run.pt").fit(_killed_in(killed_in), _ignored)
    resumed = _training(prepared, tmp_path / "run.pt")
    assert resumed.resume() is True
    resumed.fit(_quiet, _ignored)
    expected, found = whole.network.state_dict(), resumed.network.state_dict()
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []
    assert [(r.stage, r.epoch, r.loss) for r in resumed.state.records] == [
        (r.stage, r.epoch, r.loss) for r in whole.state.records
    ]


def test_a_state_of_other_data_is_not_resumed(prepared: Prepared, tmp_path: Path) -> None:
    _training(prepared, tmp_path / "run.pt").save()
    other = replace(prepared, split=replace(prepared.split, validation=prepared.split.validation[1:]))
    assert _training(other, tmp_path / "run.pt").resume() is False


def test_a_state_of_other_settings_is_not_resumed(prepared: Prepared, tmp_path: Path) -> None:
    _training(prepared, tmp_path / "run.pt").save()
    other = TrainingConfig(**RUN.as_dict() | {"seed": 8})
    training = Training(prepared, _plan(tmp_path / "run.pt", other))
    assert training.resume() is False
    assert training.state.records == []


def test_without_a_state_there_is_nothing_to_resume(prepared: Prepared, tmp_path: Path) -> None:
    assert _training(prepared, tmp_path / "none.pt").resume() is False
