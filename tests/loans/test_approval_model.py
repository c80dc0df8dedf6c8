"""The forest that ships, and what holds of any: larger loans are never likelier, damage is noticed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loans.approval import ApprovalForest, approval_model
from loans.approval.applications import Applications
from loans.approval.evaluation import bins, calibration_error
from loans.approval.exceptions import LoanModelUnusable, TooFewApplications
from loans.approval.fairness import Group, selections
from loans.approval.features import NAMES, RATIOS, SIGNS, Columns, features
from loans.approval.fitting import calibration, filling, fit, grown, values
from loans.approval.model import FILE, Trees, is_falling, write
from loans.offers import Finances, Loan
from loans.policy import DEFAULT_POLICY, SHARES
from loans.terms import LONGEST

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "loans" / "artefacts" / "loan_model"
RATE = Decimal("0.09")
AMOUNTS_ASKED = st.decimals(0, 99_999_999, places=2)


def some_applications(number: int = 150, seed: int = 3) -> Applications:
    """Who has a credit history and asks for little beside the income is approved, mostly."""
    chance = np.random.default_rng(seed)
    income, coapplicant = chance.uniform(1000, 8000, number), chance.choice([0.0, 1500.0], number)
    principal = chance.uniform(20_000, 400_000, number)
    history = chance.choice([1.0, 1.0, 1.0, 0.0, np.nan], number)
    leaning = 3 * np.nan_to_num(history, nan=1.0) - principal / (12 * (income + coapplicant)) + 0.5
    return Applications(
        name="made", sha256="0" * 64, income=income, coapplicant_income=coapplicant, principal=principal,
        months=chance.choice([360.0, 180.0, np.nan], number), has_credit_history=history,
        texts={"Gender": chance.choice(["Female", "Male"], number)},
        approved=leaning + chance.normal(0, 1, number) > 0,
    )  # fmt: skip


def of(income: object, coapplicant: object = 0, *, history: bool | None = True) -> Finances:
    return Finances(Decimal(str(income)), Decimal(str(coapplicant)), Decimal(0), history)


def test_what_it_looks_at_is_free_of_scale_and_of_persons() -> None:
    assert NAMES == ("debt_to_income", "loan_to_income", "credit_history", "smaller_share", "income")
    assert SIGNS == (-1, -1, 0, 0, 0)
    columns = Columns(
        np.array([4000.0]), np.array([1000.0]), np.array([1.0]), np.array([120_000.0]), 0.09, 360.0
    )
    np.testing.assert_allclose(
        features(columns, 5000.0), [[965.547 / 5000, 2.0, 1.0, 0.2, 0.0]], rtol=1e-6
    )  # 965.55 a month is what 120,000 cost over thirty years at 9 %
    swapped = columns._replace(income=np.array([1000.0]), coapplicant_income=np.array([4000.0]))
    np.testing.assert_array_equal(features(swapped, 5000.0), features(columns, 5000.0))
    tenfold = columns._replace(
        income=np.array([40_000.0]),
        coapplicant_income=np.array([10_000.0]),
        principal=np.array([1_200_000.0]),
    )
    np.testing.assert_allclose(features(tenfold, 50_000.0), features(columns, 5000.0), rtol=1e-6)


def test_without_interest_a_loan_is_divided_and_without_an_income_nothing_is_borne() -> None:
    free = Columns(1000.0, 0.0, 1.0, np.array([1200.0]), np.array([0.0]), np.array([12.0]))
    assert features(free, 1000.0)[0, 0] == np.float32(0.1)
    poor = features(free._replace(income=0.0), 1000.0)
    np.testing.assert_array_equal(poor, [[np.inf, np.inf, 1, 0, -np.inf]])


def test_numbers_alone_say_what_the_forest_said() -> None:
    made = some_applications()
    model = fit(made, 7, None, {})
    rows = model.support.clamped(values(made, filling(made)))
    forest = grown(rows, made.approved, SIGNS, 7)
    np.testing.assert_allclose(model.trees.mean(rows), forest.predict_proba(rows)[:, 1], rtol=0, atol=1e-12)
    slope, offset = calibration(forest, made.approved)
    assert (model.slope, model.offset) == (slope, offset)
    np.testing.assert_allclose(
        model.chances(rows), 1 / (1 + np.exp(-offset - slope * forest.predict_proba(rows)[:, 1])), atol=1e-12
    )


def test_blanks_are_filled_from_what_is_learnt_from() -> None:
    made = some_applications()
    filled = filling(made)
    assert filled.has_credit_history == 1.0
    assert filled.months == float(np.nanmedian(made.months))
    assert filled.typical_income == float(np.median(made.income + made.coapplicant_income))
    assert not np.isnan(values(made, filled)).any()


def test_the_neighbours_of_an_application_change_nothing() -> None:
    made = some_applications()
    model = fit(made, 7, None, {})
    rows = values(made, filling(made))
    together = model.chances(rows)
    np.testing.assert_array_equal(together[::-1], model.chances(rows[::-1]))
    np.testing.assert_array_equal(together, [model.chances(rows[[place]])[0] for place in range(len(rows))])


def test_too_few_applications_are_a_sentence() -> None:
    with pytest.raises(TooFewApplications, match="Too few applications to learn from: 49, "):
        fit(some_applications(49), 0, None, {})


def test_the_one_that_ships_was_learnt_from_what_its_page_says() -> None:
    model = approval_model()
    assert model.about["data"]["name"] == "loan_data.csv.gz"
    assert (model.about["applications"], model.about["approved"], len(model.trees.roots)) == (381, 271, 300)
    assert len(model.hash) == len(model.data_hash) == 64
    assert model.about["metrics"].keys() == {
        "folds", "repeats", "auc", "auc sd", "brier", "brier sd", "ece", "ece sd", "accuracy", "accuracy sd",
    }  # fmt: skip
    assert is_falling(model.trees)


@settings(max_examples=200, deadline=None)
@given(
    income=AMOUNTS_ASKED, coapplicant=AMOUNTS_ASKED, history=st.sampled_from([True, False, None]),
    ratios=st.lists(st.floats(1e-6, 10), min_size=2, max_size=12), rate=st.decimals(0, 1, places=4),
    months=st.integers(1, 480),
)  # fmt: skip
def test_a_larger_loan_is_never_likelier(  # noqa: PLR0917
    income: Decimal,
    coapplicant: Decimal,
    history: bool | None,
    ratios: list[float],
    rate: Decimal,
    months: int,
) -> None:
    who = of(income, coapplicant, history=history)
    year = 12 * float(who.total_income) or 1.0
    principals = sorted(Decimal(str(max(round(ratio * year, 2), 0.01))) for ratio in ratios)
    found = approval_model().likelihoods(who, [Loan(each, rate, months) for each in principals])
    told = [each.value for each in found]
    assert told == sorted(told, reverse=True)
    assert all(0 < each < 1 for each in told)
    assert approval_model().likelihood(who, principals[-1], rate, months) == found[-1]


def test_a_home_loan_is_within_the_support_and_its_likelihood_falls_with_its_size() -> None:
    model = approval_model()
    told = [model.likelihood(of(5000, 3000), Decimal(96_000 * each), RATE, 360) for each in (1, 2, 3)]
    assert [each.out_of_support for each in told] == [False, False, True]
    assert [round(each.value, 3) for each in told] == [0.912, 0.908, 0.853]
    with_none = model.likelihood(of(5000, 3000, history=False), Decimal(192_000), RATE, 360)
    assert (round(with_none.value, 3), with_none.out_of_support) == (0.072, False)


def test_out_of_the_support_the_likelihood_is_that_at_its_edge() -> None:
    model = approval_model()
    tiny, small = (model.likelihood(of(6000), Decimal(each), RATE, 12) for each in (100, 1000))
    assert tiny == small
    assert tiny.out_of_support


def test_who_does_not_say_is_taken_for_what_is_usual() -> None:
    model = approval_model()
    unsaid, has = (model.likelihood(of(6000, history=each), Decimal(1000), RATE, 12) for each in (None, True))
    assert unsaid == has
    assert model.usual_history is True


def test_no_loan_that_a_policy_can_allow_is_as_large_as_those_it_learnt_from() -> None:
    """With the highest debt ratio that any policy may have, over the longest term, and without interest."""
    highest = float(SHARES["highest_debt_ratio"].most) * LONGEST / 12
    least = approval_model().support.least[RATIOS.index(NAMES.index("loan_to_income"))]
    assert highest == pytest.approx(0.72)
    assert least > highest
    assert DEFAULT_POLICY.terms[-1] <= LONGEST


def damaged_page(change: Callable[[dict[str, object]], object]) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        page = json.loads((folder / FILE).read_text())
        change(page)
        (folder / FILE).write_text(json.dumps(page))

    return damage


def the_trees(folder: Path) -> Path:
    [path] = folder.glob("*.safetensors")
    return path


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: (folder / FILE).unlink(), "model.json cannot be read"),
        (lambda folder: the_trees(folder).unlink(), "trees-[0-9a-f]{12}.safetensors cannot be read"),
        (lambda folder: (folder / FILE).write_text("{"), "it is damaged"),
        (lambda folder: (folder / FILE).write_text("[]"), "it is damaged"),
        (lambda folder: (folder / FILE).write_text("{}"), "it lacks or misnames 'trees'"),
        (lambda folder: the_trees(folder).write_bytes(b"x"), "the trees are not those that were written"),
        (damaged_page(lambda page: page.update(version=2)), "version 2"),
        (damaged_page(lambda page: page.update(features=["age"])), "version 1 of other features"),
        (damaged_page(lambda page: page.update(calibration={"slope": -1, "offset": 0})), "slope"),
        (damaged_page(lambda page: page.update(calibration={"slope": "NaN", "offset": 0})), "slope is nan"),
        (damaged_page(lambda page: page.update(typical_income="-1")), "typical income"),
        (damaged_page(lambda page: page.update(support={})), "it lacks or misnames 'debt_to_income'"),
        (damaged_page(lambda page: page.update(support={"debt_to_income": [1, 0], "loan_to_income": [0, 1]})),
         "the support is not a range"),
    ],
)  # fmt: skip
def test_a_damaged_model_says_what_to_do(
    tmp_path: Path, damage: Callable[[Path], object], sentence: str
) -> None:
    folder = shutil.copytree(SHIPPED, tmp_path / "model")
    assert ApprovalForest.load(folder).hash == approval_model().hash
    damage(folder)
    with pytest.raises(LoanModelUnusable, match=f"{sentence}.*Train one with train_loan_model."):
        ApprovalForest.load(folder)


def test_a_tree_that_finds_a_larger_loan_likelier_is_refused(tmp_path: Path) -> None:
    model = fit(some_applications(), 7, None, {"data": {"sha256": ""}})
    trees = model.trees
    turned = Trees(trees.feature, trees.threshold, trees.left, trees.right, 1 - trees.value, trees.roots)
    assert (is_falling(trees), is_falling(turned)) == (True, False)
    write(type(model)(**{**model.__dict__, "trees": turned, "about": {}}), tmp_path)
    with pytest.raises(LoanModelUnusable, match="a tree finds a larger loan likelier"):
        ApprovalForest.load(tmp_path)


def test_writing_replaces_the_model_and_leaves_nothing_of_the_old(tmp_path: Path) -> None:
    first, second = (fit(some_applications(seed=seed), 7, None, {}) for seed in (3, 4))
    write(first, tmp_path)
    write(second, tmp_path)
    assert ApprovalForest.load(tmp_path).hash == second.hash != first.hash
    assert {path.name for path in tmp_path.iterdir()} == {
        FILE,
        f"trees-{second.trees.sha256[:12]}.safetensors",
    }


def test_asking_loads_neither_scikit_learn_nor_torch() -> None:
    script = (
        "import sys, django; django.setup(); import config.urls\n"
        "from loans.approval import approval_model; approval_model()\n"
        "print(sorted({'sklearn', 'torch', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert found.stdout == "[]\n"


def test_the_calibration_error_is_what_its_definition_says() -> None:
    chances, approved = np.array([[0.05, 0.05, 0.95, 0.95]]), np.array([True, False, True, True])
    assert [(each.number, each.told, each.approved) for each in bins(chances, approved)] == [
        (2.0, 0.05, 0.5), (2.0, 0.95, 1.0),
    ]  # fmt: skip
    assert calibration_error(chances, approved) == pytest.approx(0.25)
    twice = np.concatenate([chances, chances])
    assert calibration_error(twice, approved) == pytest.approx(0.25)
    assert [each.number for each in bins(twice, approved)] == [2.0, 2.0]
    assert [each.low for each in bins(np.array([[1.0]]), np.array([True]))] == [0.9]


def test_selection_ratios_compare_the_group_that_passes_least_with_the_one_that_passes_most() -> None:
    texts = np.array(["a"] * 40 + ["b"] * 40 + ["few"] * 5 + ["not known"] * 30)
    chances = np.array([0.9] * 20 + [0.1] * 20 + [0.9] * 40 + [0.1] * 35)
    [found] = selections({"letter": texts}, chances > 0.5, chances, 0.6)
    assert found.groups == (Group("a", 40, 0.5, 0.5), Group("b", 40, 1.0, 1.0))
    assert found.ratio == 0.5
    assert [found.low, found.high] == pytest.approx([0.325, 0.65])
    assert list(selections({"letter": texts[:40]}, chances[:40] > 0.5, chances[:40], 0.6)) == []
