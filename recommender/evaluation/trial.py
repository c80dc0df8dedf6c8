"""Choosing each model's settings on the validation split, and measuring it once on the test split."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from recommender.evaluation.interactions import Split
from recommender.evaluation.measures import Measured, measure
from recommender.evaluation.models import Model, Setting

COVERED = 0.7  # the share of the catalogue that somebody shall be shown
Watch = Callable[[str], object]  # told what has just been done


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
    watch: Watch

    def run(self, model: Model, *, covers: bool = False) -> Result:
        """With `covers`, among the settings that show COVERED of the catalogue, if there are such."""
        setting, tried = {**model.learnt_with[0], **model.scored_with[0]}, list[Tried]()
        if len(model.learnt_with) * len(model.scored_with) > 1:
            tried = list(self.try_settings(model))
            setting = dict(chosen(tried, covers=covers))
        started = time.monotonic()
        learnt = model.learn(self.test.known, part(setting, model.learnt_with[0]))
        seconds = time.monotonic() - started
        scorer = model.score(self.test.known, learnt, part(setting, model.scored_with[0]))
        measured = measure(scorer, self.test, self.k)
        self.watch(f"{model.name}: measured")
        is_wide = covers and bool(wide(tried))
        return Result(model.name, setting, tuple(tried), measured, seconds, is_wide)

    def try_settings(self, model: Model) -> Iterator[Tried]:
        known = self.validation.known
        for learnt_with in model.learnt_with:
            learnt = model.learn(known, learnt_with)
            for scored_with in model.scored_with:
                setting = {**learnt_with, **scored_with}
                scorer = model.score(known, learnt, scored_with)
                yield Tried(setting, measure(scorer, self.validation, self.k))
                self.watch(f"{model.name}: {text_of(setting)}")


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
