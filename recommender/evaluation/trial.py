"""Choosing each model's settings on the validation split, and measuring it once on the test split."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from recommender.evaluation.interactions import Split
from recommender.evaluation.measures import Measured, measure
from recommender.evaluation.models import Model, Setting

COVERED = 0.7  # the share of the catalogue that somebody shall be shown
Step = Callable[[str], AbstractContextManager[None]]  # around each piece of the work, told what it is


@dataclass(frozen=True, slots=True)
class Tried:
    setting: Setting
    measured: Measured


@dataclass(frozen=True, slots=True)
class Result:
    """`tried` are all settings on the validation split; `measured` is the chosen one on the test split.

    `is_wide`: the choice was among settings that show COVERED of the catalogue there.
    """

    name: str
    setting: Setting
    tried: tuple[Tried, ...]
    measured: Measured
    seconds_to_learn: float
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """What every model goes through."""

    validation: Split
    test: Split
    k: int
    step: Step

    def run(self, model: Model, *, covers: bool = False) -> Result:
        """With `covers`, among the settings that show COVERED of the catalogue, if there are such."""
        setting, tried = model.first_setting, list[Tried]()
        if model.settings > 1:
            tried = list(self.try_settings(model))
            setting = dict(chosen(tried, covers=covers))
        with self.step(f"{model.name}: measuring"):
            started = time.monotonic()
            learnt = model.learn(self.test.known, part(setting, model.learnt_with[0]))
            seconds = time.monotonic() - started
            scorer = model.score(self.test.known, learnt, part(setting, model.scored_with[0]))
            measured = measure(scorer, self.test, self.k)
        is_wide = covers and bool(wide(tried))
        return Result(model.name, setting, tuple(tried), measured, seconds, is_wide)

    def try_settings(self, model: Model) -> Iterator[Tried]:
        known = self.validation.known
        for learnt_with in model.learnt_with:
            with self.step(f"{model.name}: learning, {text_of(learnt_with)}"):
                learnt = model.learn(known, learnt_with)
            for scored_with in model.scored_with:
                setting = {**learnt_with, **scored_with}
                with self.step(f"{model.name}: trying, {text_of(setting)}"):
                    tried = Tried(
                        setting, measure(model.score(known, learnt, scored_with), self.validation, self.k)
                    )
                yield tried


def chosen(tried: Iterable[Tried], *, covers: bool) -> Setting:
    rows = list(tried)
    candidates = (wide(rows) if covers else []) or rows
    return max(candidates, key=lambda one: one.measured.ndcg).setting


def wide(tried: Iterable[Tried]) -> list[Tried]:
    return [one for one in tried if one.measured.coverage >= COVERED]


def part(setting: Setting, like: Setting) -> Setting:
    return {name: setting[name] for name in like}


def text_of(setting: Setting) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in setting.items()) or "nothing to set"
