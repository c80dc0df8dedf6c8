"""The figures on worked examples, and the same definitions as the published scorer."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from seq2label.examples import Pair, ReviewText
from seq2label.metrics import (
    exact_similarity,
    grounded_share,
    matched_f1,
    polarity_agreement,
    score,
    token_similarity,
)

SCORER = Path(__file__).resolve().parents[3] / "shared" / "tools" / "score_tags.py"


def _pair(
    key: str, *labels: str, second: tuple[str, ...] = (), stars: tuple[int | None, int | None] = (5, 5)
) -> Pair:
    return Pair(key, ReviewText("so crunchy", stars[0]), ReviewText("a treat", stars[1]), labels, second)


def test_labels_are_equal_after_case_punctuation_and_stem() -> None:
    assert exact_similarity("Great tastes!", "great taste") == 1.0
    assert exact_similarity("great taste", "taste great") == 0.0
    assert exact_similarity("!", "?") == 0.0


def test_shared_words_count_in_token_similarity() -> None:
    assert token_similarity("too sweet", "not too sweet") == 0.8
    assert token_similarity("stale", "fresh") == 0.0


def test_the_best_matching_of_two_labels_counts() -> None:
    assert matched_f1(["a", "b"], ["b", "c"], exact_similarity) == 0.5
    assert matched_f1(["a", "b"], ["b", "a"], exact_similarity) == 1.0
    assert matched_f1(["a"], ["a", "b"], exact_similarity) == 2 / 3
    assert matched_f1([], ["a", "b"], exact_similarity) == 0.0
    assert matched_f1(["x", "y", "a"], ["a", "b"], exact_similarity) == 0.0


def test_figures_are_means_over_pairs_and_raters() -> None:
    pairs = [
        _pair("p", "stale", "dry", second=("stale", "bland")),
        _pair("q", "crunchy", "fresh", second=("fresh", "crunchy")),
    ]
    figures = score(pairs, {"p": ["stale", "bland"], "other": ["dry", "Dry!"]})
    assert figures.agreement.exact_f1 == (0.25 + 0.5) / 2
    assert figures.duplicates == 0.5
    assert figures.covered == 0.5
    assert figures.ceiling is not None
    assert figures.ceiling.exact_f1 == 0.75


def test_without_a_second_rater_there_is_no_ceiling() -> None:
    assert score([_pair("p", "stale", "dry")], {"p": ["dry", "stale"]}).ceiling is None


def test_praise_needs_a_good_review_and_blame_one_that_is_not_perfect() -> None:
    pairs = [
        _pair("p", stars=(5, 5)),
        _pair("q", stars=(1, 2)),
        _pair("r", stars=(None, None)),
        _pair("s", stars=(5, 3)),
        _pair("t", stars=(5, None)),
    ]
    polarities = {"p": [1, -1], "q": [1, 0], "r": [1, 1], "s": [1, -1], "t": [-1, -1]}
    assert polarity_agreement(pairs, polarities) == 3 / 5


def test_a_label_is_grounded_when_known_or_made_of_the_reviews_words() -> None:
    pairs = [_pair("p"), _pair("q")]
    predicted = {"p": ["crunchy treat", "crisp"], "q": ["stale", "gone off"]}
    assert grounded_share(pairs, predicted, {"stale"}.__contains__) == 0.5


@pytest.fixture
def scorer() -> ModuleType:
    if not SCORER.exists():
        pytest.skip(f"{SCORER} is not there to compare with")
    spec = importlib.util.spec_from_file_location("score_tags", SCORER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_published_scorer_agrees(scorer: ModuleType) -> None:
    pairs = [
        _pair("p", "great taste", "too sweet", second=("great value", "too sweet")),
        _pair("q", "not too sweet", "stale"),
        _pair("r", "crunchy", "fresh", second=("crunchy", "great taste")),
    ]
    predicted = {"p": ["great tastes", "sweet"], "q": ["too sweet", "too sweets"]}
    reference = {
        p.id: {"id": p.id, "labels": list(p.labels), "labels_2": list(p.second_labels)} for p in pairs
    }
    rows = {key: {"id": key, "labels": labels} for key, labels in predicted.items()}
    similarities = {"exact_f1": scorer.exact_similarity, "token_f1": scorer.token_similarity}
    theirs, ours = scorer.score(reference, rows, similarities), score(pairs, predicted)
    assert ours.agreement.exact_f1 == theirs["exact_f1"]
    assert ours.agreement.token_f1 == theirs["token_f1"]
    assert (ours.duplicates, ours.covered) == (theirs["duplicates"], theirs["covered"])
    assert ours.ceiling is not None
    assert ours.ceiling.token_f1 == theirs["ceiling"]["token_f1"]
