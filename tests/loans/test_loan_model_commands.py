"""Training and measuring from the command line, on applications whose answer is known."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from loans.approval import ApprovalForest
from loans.approval.evaluation import MODELS
from loans.approval.model import is_falling
from tests.loans.test_approval_applications import BLANKS, HEADING

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "data" / "loan" / "loan_data.csv.gz"


def a_list(folder: Path, number: int = 160) -> Path:
    """The bank approves whom it knows and who asks for up to two years' income; now and then it errs."""
    chance = np.random.default_rng(8)
    lines = []
    for each in range(number):
        income, loan = int(chance.integers(1500, 7000)), int(chance.integers(20, 250))
        knows, sex = int(chance.integers(0, 5) > 0), chance.choice(["Male", "Female"])
        errs = chance.integers(0, 20) == 0
        approved = bool(knows and loan * 1000 <= 24 * income) != errs
        numbers = f"{income},0,{loan},360,{knows}"
        lines.append(f"M{each},{sex},Yes,0,Graduate,No,{numbers},Urban,{'Y' if approved else 'N'}\n")
    path = folder / "loan_data.csv"
    path.write_text(HEADING + BLANKS + "".join(lines))
    return path


def test_training_replaces_the_model_and_is_the_same_each_time(tmp_path: Path) -> None:
    out, printed = tmp_path / "model", StringIO()
    data = a_list(tmp_path)
    call_command(
        "train_loan_model", data=data, out=out, repeats=1, typical_income=Decimal(4000), stdout=printed
    )
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    model = ApprovalForest.load(out)
    assert is_falling(model.trees)
    assert (str(model.typical_income), model.about["applications"]) == ("4000", 161)
    assert model.about["metrics"]["auc"] > 0.85
    assert "loan_data.csv: 161 applications, " in printed.getvalue()
    assert "Cross-validation, 1 × 5 folds: AUC 0." in printed.getvalue()
    call_command(
        "train_loan_model", data=data, out=out, repeats=1, typical_income=Decimal(4000), stdout=printed
    )
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first


def test_evaluation_tells_each_model_and_writes_figures_and_a_picture(tmp_path: Path) -> None:
    figures, picture, printed = tmp_path / "figures.json", tmp_path / "calibration.png", StringIO()
    call_command(
        "evaluate_loan_model", data=a_list(tmp_path), json=figures, plot=picture, repeats=1, folds=2,
        stdout=printed,
    )  # fmt: skip
    found = json.loads(figures.read_text())
    assert found.keys() == {*MODELS, "fairness", "protocol"}
    assert found["forest"].keys() == {
        "auc", "auc sd", "brier", "brier sd", "ece", "ece sd", "accuracy", "accuracy sd",
    }  # fmt: skip
    assert found["forest"]["auc"] > found["credit history alone"]["auc"] > 0.5
    assert found["protocol"] == {"repeats": 1, "folds": 2, "seed": 0, "passes from": "0.60"}
    assert [each["attribute"] for each in found["fairness"]] == ["Gender"]
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "| forest | 0." in printed.getvalue()
    assert "Who is told a likelihood of 0.60 or more:" in printed.getvalue()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"data": Path("nowhere.csv")}, "There is no file nowhere.csv. Nothing was changed."),
        ({"repeats": 0}, "--repeats is 0: it must be at least 1."),
        ({"typical_income": Decimal(-1)}, "--typical-income is -1: it must be an amount above nothing."),
        ({"typical_income": Decimal("NaN")}, "--typical-income is NaN: it must be an amount above nothing."),
    ],
)
def test_what_cannot_be_trained_on_is_a_sentence_and_the_model_stays(
    tmp_path: Path, options: dict[str, object], sentence: str
) -> None:
    out = tmp_path / "model"
    with pytest.raises(CommandError) as refused:
        call_command("train_loan_model", **({"data": a_list(tmp_path), "out": out} | options))
    assert str(refused.value) == sentence
    assert not out.exists()


def test_too_few_and_damaged_applications_are_sentences_too(tmp_path: Path) -> None:
    out = tmp_path / "model"
    with pytest.raises(CommandError, match="Too few applications to learn from: 41, .* Nothing was changed."):
        call_command("train_loan_model", data=a_list(tmp_path, 40), out=out)
    (tmp_path / "loan_data.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="line 1: the headings Loan_ID, .* Nothing was changed."):
        call_command("train_loan_model", data=tmp_path / "loan_data.csv", out=out)
    assert not out.exists()


@pytest.mark.parametrize("options", [{"repeats": 0}, {"folds": 1}, {"folds": 21}, {"seed": -1}])
def test_a_protocol_without_sense_is_refused(tmp_path: Path, options: dict[str, int]) -> None:
    with pytest.raises(CommandError, match="--repeats must be at least 1, --folds from 2 to 20"):
        call_command("evaluate_loan_model", data=a_list(tmp_path), **options)


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="no ../shared/data/loan: the published file is not here")
def test_the_published_file_is_learnt_as_well_as_the_card_says(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    call_command("evaluate_loan_model", data=PUBLISHED, json=figures, repeats=1, folds=3, stdout=StringIO())
    found = json.loads(figures.read_text())
    assert found["forest"]["auc"] > 0.8
    assert found["forest"]["brier"] < 0.13
    assert found["forest"]["auc"] > found["logistic"]["auc"] > found["credit history alone"]["auc"]
