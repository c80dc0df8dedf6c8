"""The score's arithmetic, its training and its evaluation, on histories whose answer is known."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from loans.purchases import read_purchases
from loans.scoring import ScoreModel
from loans.scoring.cohorts import Cohort, cohort, share_of
from loans.scoring.evaluation import calibration_error, is_held_apart, lift
from loans.scoring.exceptions import PurchaseFileUnusable, ScoreModelUnusable
from loans.scoring.features import features
from loans.scoring.fitting import log_odds
from loans.scoring.model import BANDS, band_of
from shop.selectors.purchases import Purchase

HEADING = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
KZ_HEADING = "event_time,order_id,product_id,category_id,category_code,brand,price,user_id\n"
NOW = datetime(2025, 6, 1, tzinfo=UTC)


def a_purchase(days_ago: float, value: str = "30.00", **fields: object) -> Purchase:
    at = NOW - timedelta(days=days_ago)
    facts = {
        "order_id": "1",
        "at": at,
        "value": Decimal(value),
        "categories": frozenset("a"),
        "outcome": "kept",
    }
    return Purchase(**(facts | fields))  # type: ignore[arg-type]


def a_history(folder: Path, customers: int = 400, days: int = 500) -> Path:
    """Half come each three weeks, half once or twice and never again."""
    generator = np.random.default_rng(6)
    start = datetime(2023, 1, 1)
    lines = []
    for customer in range(customers):
        first = int(generator.integers(0, days - 60))
        gaps = generator.integers(14, 28, size=30) if customer % 2 else generator.integers(5, 90, size=1)
        for visit, day in enumerate([first, *(first + np.cumsum(gaps))]):
            if day < days:
                at = start + timedelta(days=int(day))
                lines.append(
                    f"{customer}-{visit},{10000 + visit},x,2,{at:%Y-%m-%d %H:%M:%S},5.50,{customer}.0,UK\n"
                )
    path = folder / "history.csv"
    path.write_text(HEADING + "".join(lines))
    return path


def test_characteristics_are_those_of_what_was_paid_and_kept_by_then() -> None:
    history = [
        a_purchase(100), a_purchase(20, "60.00", categories=frozenset("bc")), a_purchase(-1),
        a_purchase(10, outcome="cancelled", undone_at=NOW - timedelta(days=9)),
        a_purchase(5, outcome="refunded", undone_at=NOW + timedelta(days=1)),
    ]  # fmt: skip
    found = features(history, NOW, Decimal(30))
    assert found == {
        "recency_days": 5.0, "orders_30": 2.0, "orders_90": 2.0, "orders_180": 3.0, "orders": 3.0,
        "value": 4.0, "average_value": pytest.approx(4 / 3), "tenure_days": 100.0,
        "typical_gap_days": pytest.approx(185 / 3), "recency_over_gap": pytest.approx(15 / 185),
        "categories": 3.0, "undone_rate": 0.25,
    }  # fmt: skip


def test_no_order_has_no_score_and_one_order_is_a_thin_file() -> None:
    model = ScoreModel.load(Path("loans/artefacts/credit_score"))
    assert (model.score([], NOW).value, model.score([], NOW).band) == (None, "none")
    assert model.score([a_purchase(3)], NOW).band == "thin"


def test_bands_begin_where_the_odds_do() -> None:
    assert [band_of(score) for score in (950, 650, 649, 625, 600, 599, 575, 574, 350)] == [
        "a", "a", "b", "b", "c", "d", "d", "e", "e",
    ]  # fmt: skip
    assert len(BANDS) == 5


def test_a_score_of_one_is_that_of_a_whole_file(tmp_path: Path) -> None:
    model = ScoreModel.load(Path("loans/artefacts/credit_score"))
    history = read_purchases(a_history(tmp_path, 60), lambda place: None)
    rows = cohort(history, [history.until - timedelta(days=90)], model.typical_order)
    by_customer = dict(history.each())
    alone = [
        model.log_odds(
            features(by_customer[customer], history.until - timedelta(days=90), model.typical_order)
        )
        for customer in rows.customers
    ]
    np.testing.assert_allclose(log_odds(model, rows), alone, rtol=1e-12)
    assert isinstance(rows, Cohort)


def test_what_is_left_out_of_a_file_is_counted_by_rule(tmp_path: Path) -> None:
    path = tmp_path / "retail.csv"
    row = "1,10001,x,2,2010-01-05 10:00:00,5.00,7.0,UK\n"
    path.write_text(
        HEADING + row + row + "2,10001,x,2,2010-01-06 10:00:00,5.00,,UK\n"
        "3,POST,x,1,2010-01-06 10:00:00,5.00,7.0,UK\n4,10001,x,2,2010-01-06 10:00:00,0.00,7.0,UK\n"
        "C5,10001,x,-2,2010-01-07 10:00:00,5.00,7.0,UK\n6,10001,x,2,yesterday,5.00,7.0,UK\n"
    )
    history = read_purchases(path, lambda place: None)
    assert history.rules == {
        "rows": 7, "exact duplicates": 1, "no customer": 1, "no usable date": 1,
        "non-product codes (not five digits: postage, fees, tests, gift cards)": 1,
        "no price or no quantity above nothing": 1, "of cancellations (known as such)": 1, "kept": 1,
    }  # fmt: skip
    [(customer, purchases)] = history.each()
    assert customer == "7"
    assert [(each.order_id, each.value, each.outcome) for each in purchases] == [
        ("1", Decimal("10.00"), "kept"), ("C5", Decimal("10.00"), "cancelled"),
    ]  # fmt: skip


def test_ids_of_kz_stay_as_long_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "kz.csv"
    path.write_text(
        KZ_HEADING + "2020-04-24 11:50:39 UTC,2294359932054536986,1515966223509089906,2268105426648170900,"
        "electronics.tablet,samsung,162.01,1515915625441993984\n"
        "2020-04-24 14:37:43 UTC,2294444024058086220,2273948319057183658,2268105430162997728,,huawei,77.52,"
        "1515915625441993985\n"
    )
    history = read_purchases(path, lambda place: None)
    assert [customer for customer, _ in history.each()] == ["1515915625441993984", "1515915625441993985"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (KZ_HEADING + "2020-04-24 11:50:39 UTC,2.29E+18,1,1,a,b,5,1\n",
         "line 2: order_id is 2.29E+18: a spreadsheet has rounded the ids"),
        (KZ_HEADING + "2020-04-24 11:50:39 UTC,1,1,1,a,b,5,1.52E+18\n", "line 2: user_id is 1.52E+18"),
        ("a,b\n1,2\n", "line 1: the headings are neither those of UCI Online Retail"),
        ("", "cannot be read"),
        (HEADING, "cannot be read|no row of a customer's paid order"),
    ],
)  # fmt: skip
def test_a_file_that_something_has_ruined_is_refused_with_the_reason(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(text)
    with pytest.raises(PurchaseFileUnusable, match=sentence.replace("+", r"\+")):
        read_purchases(path, lambda place: None)


@pytest.mark.django_db
def test_training_replaces_the_model_and_every_sign_is_right(tmp_path: Path) -> None:
    out, printed = tmp_path / "model", StringIO()
    call_command("train_credit_score", purchases=a_history(tmp_path), out=out, stdout=printed)
    first = (out / "model.json").read_bytes()
    model = ScoreModel.load(out)
    assert all(each.coefficient * each.characteristic.sign > 0 for each in model.weights)
    assert "ordered again within 90 days" in printed.getvalue()
    call_command("train_credit_score", purchases=a_history(tmp_path), out=out, stdout=printed)
    assert (out / "model.json").read_bytes() == first


@pytest.mark.django_db
def test_too_few_orders_of_ones_own_are_a_sentence_and_the_model_stays(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="The shop has no paid order yet.*Nothing was changed."):
        call_command("train_credit_score", own_orders=True, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{}", '{"version": 2}', "[1]"])
def test_a_damaged_model_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(ScoreModelUnusable, match="Train one with train_credit_score"):
        ScoreModel.load(tmp_path)


def test_evaluation_finds_who_comes_back(tmp_path: Path) -> None:
    figures, printed = tmp_path / "figures.json", StringIO()
    call_command("evaluate_credit_score", purchases=a_history(tmp_path), json=figures, stdout=printed)
    found = json.loads(figures.read_text())
    assert found.keys() == {
        "credit score", "recency alone", "RFM quintiles", "AUC gained", "one-time", "bands", "protocol",
    }  # fmt: skip
    assert found["credit score"]["auc"] > 0.9
    assert found["credit score"]["auc"] >= found["recency alone"]["auc"]
    assert "| thin |" in printed.getvalue()


def test_calibration_and_lift_are_what_the_definitions_say() -> None:
    chances = np.linspace(0.05, 0.95, 20)
    outcomes = np.array([0, 1] * 10)
    assert calibration_error(chances, outcomes) == pytest.approx(
        np.mean(np.abs(chances.reshape(10, 2).mean(1) - 0.5))
    )
    assert lift(chances, np.array([0] * 18 + [1, 1])) == 10.0


@pytest.mark.parametrize("outcomes", [[1, 0] * 10, [0, 1] * 10, [1] * 10 + [0] * 10])
def test_lift_among_equals_is_one_in_whatever_order_they_stand(outcomes: list[int]) -> None:
    assert lift(np.full(20, 0.5), np.array(outcomes)) == 1.0


def test_the_half_that_is_measured_on_is_the_one_that_no_choice_saw() -> None:
    held = [is_held_apart(str(customer)) for customer in range(10_000)]
    assert held == [share_of(str(customer)) >= 5 for customer in range(10_000)]
    assert sum(held) == 5_011
