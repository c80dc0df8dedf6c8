"""Every decision can be made again, exactly, from what is kept of it."""

import json
import shutil
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from loans.models import Application, Decision, Instalment, Loan, Offer
from loans.offers import Finances, Likelihood
from loans.offers import Loan as Asked
from loans.scoring import score_model
from loans.services.applying import ask_for_review
from loans.services.replay import Models, replay_decision
from loans.services.retention import purge_finances
from loans.services.reviewing import decline_application
from shop.models import Customer
from tests.loans.builders import a_decided, a_loan, a_policy, a_shopper, let_pass, pay
from tests.shop.builders import a_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


class Forest:
    """A model that says of every loan that it is as likely."""

    hash, data_hash = "f" * 64, "d" * 64

    def __init__(self, value: float = 0.75) -> None:
        self.value = value

    def likelihood(
        self, finances: Finances, principal: Decimal, annual_rate: Decimal, months: int
    ) -> Likelihood:
        return Likelihood(self.value, False)

    def likelihoods(self, finances: Finances, loans: Sequence[Asked]) -> list[Likelihood]:
        return [Likelihood(self.value, False) for _ in loans]


@pytest.fixture
def alice() -> Customer:
    return a_shopper("alice")


def said(*arguments: str, code: int = 0) -> str:
    """What the command prints; refused with `code`, that too."""
    printed = StringIO()
    if not code:
        call_command("replay_decision", *arguments, stdout=printed)
        return printed.getvalue()
    with pytest.raises(CommandError) as refused:
        call_command("replay_decision", *arguments, stdout=printed)
    assert refused.value.returncode == code
    return printed.getvalue() + str(refused.value)


def decided_by(forest: Forest, monkeypatch: pytest.MonkeyPatch, customer: Customer, **said: Any) -> Decision:
    monkeypatch.setattr("loans.services.deciding.approval_model", lambda: forest)
    return a_decided(customer, **said).decisions.get()


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"amount": "50000.00", "months": 12},
        {"amount": "333.33", "months": 7},
        {"income": "0.00", "obligations": Decimal("0.00")},
        {"income": "1200.50", "has_credit_history": None},
    ],
)
def test_a_decision_comes_out_as_it_was(
    alice: Customer, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    forest = Forest()
    decision = decided_by(forest, monkeypatch, alice, **asked)
    assert replay_decision(decision, Models(score_model(), forest)) == []


@pytest.mark.parametrize("orders", [0, 1])
def test_so_does_one_about_a_customer_with_no_score_or_a_thin_file(
    monkeypatch: pytest.MonkeyPatch, orders: int
) -> None:
    forest = Forest()
    decision = decided_by(forest, monkeypatch, a_shopper("bob", orders=orders))
    assert decision.band == ("none", "thin")[orders]
    assert replay_decision(decision, Models(score_model(), forest)) == []


def test_what_happens_afterwards_does_not_change_it(alice: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    forest = Forest()
    decided_by(forest, monkeypatch, alice)
    a_policy(least_likelihood="0.70", highest_debt_ratio="0.30")
    a_shopper("bob")
    Customer.objects.filter(pk=alice.pk).update(nickname="New")
    assert replay_decision(Decision.objects.get(), Models(score_model(), forest)) == []


def test_another_likelihood_is_a_difference(alice: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    decision = decided_by(Forest(0.75), monkeypatch, alice)
    found = replay_decision(decision, Models(score_model(), Forest(0.5)))
    assert [each.what for each in found] == ["likelihood", "outcome", "reasons", "offers"]
    assert str(found[0]) == "likelihood: 0.75 is kept, 0.5 is proved"


def test_a_row_that_somebody_changed_is_found(alice: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    forest = Forest()
    decision = decided_by(forest, monkeypatch, alice)
    offer = decision.offers.get(kind="asked")
    Offer.objects.filter(pk=offer.pk).update(principal=Decimal("3000.00"))
    Decision.objects.filter(pk=decision.pk).update(score=949, reasons=["unlikely"])
    found = replay_decision(Decision.objects.get(), Models(score_model(), forest))
    assert [each.what for each in found] == ["score", "reasons", "offers", f"hash of offer {offer.number}"]


def test_the_command_says_that_it_is_the_same(alice: Customer) -> None:
    application = a_decided(alice)
    decision = application.decisions.get()
    for named in (application.number, str(decision.pk)):
        told = said(named)
        assert f"Decision {decision.pk} of application {application}: the same again, score" in told
        assert f"({decision.band}), likelihood {decision.likelihood}, offered" in told


def test_a_score_model_of_another_hash_is_named_and_the_older_one_can_be_given(
    alice: Customer, tmp_path: Path
) -> None:
    application = a_decided(alice)
    page = json.loads((Path(settings.CREDIT_SCORE_DIR) / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(page | {"base_rate": page["base_rate"] / 2}))
    kept = application.decisions.get().score_model_hash
    told = said(application.number, "--score-model", str(tmp_path), code=1)
    assert f"score model: {kept} is kept, " in told
    assert "Name the folder of the one that decided with --score-model" in told
    assert "Not as it was decided: 1 of 1" in told
    shutil.copy(Path(settings.CREDIT_SCORE_DIR) / "model.json", tmp_path)
    assert "the same again" in said(application.number, "--score-model", str(tmp_path))


@pytest.mark.parametrize("option", ["--score-model", "--loan-model"])
def test_a_model_that_is_not_there_is_said_to_be_missing(
    alice: Customer, tmp_path: Path, option: str
) -> None:
    told = said(a_decided(alice).number, option, str(tmp_path / "nowhere"), code=1)
    assert f"in {tmp_path / 'nowhere'} cannot be used: " in told


def test_another_approval_model_is_named_by_both_hashes(alice: Customer) -> None:
    application = a_decided(alice)
    kept = application.decisions.get().loan_model_hash
    Decision.objects.update(loan_model_hash="0" * 64, data_hash="1" * 64)
    told = said(application.number, code=1)
    assert f"approval model: {'0' * 64} is kept, {kept} is proved. Name the folder" in told
    assert f"data of the approval model: {'1' * 64} is kept" in told


def test_an_officer_s_decision_is_told_as_such(alice: Customer) -> None:
    application = a_decided(alice, income="0.00", obligations=Decimal("0.00"))
    ask_for_review(application=application)
    decline_application(application=application, officer=a_customer("olga"), reason="No income.")
    told = said(application.number).splitlines()
    assert "the same again" in told[0]
    assert told[1].endswith("a loan officer decided, olga, with a written reason: No income.")


def test_a_purged_decision_can_be_read_and_not_replayed(alice: Customer) -> None:
    application = a_decided(alice, income="0.00", obligations=Decimal("0.00"))
    Application.objects.update(changed_at=timezone.now() - timedelta(days=181))
    assert purge_finances() == 1
    told = said(application.number, code=1)
    assert "its input is no longer kept, so that it can be read, not replayed." in told


def test_a_decision_under_a_lost_key_is_said_to_be_unreadable(alice: Customer) -> None:
    application = a_decided(alice)
    Decision.objects.update(sealed="gAAAAA")
    assert "its input cannot be read: no key opens it." in said(application.number, code=1)


@pytest.mark.parametrize("named", ["0", "NOSUCHNUMBER", "²", "9" * 40, ""])
def test_what_is_not_there_is_said_to_be_not_there(named: str) -> None:
    with pytest.raises(CommandError, match="There is no decision"):
        call_command("replay_decision", named)


def test_no_income_is_printed(alice: Customer) -> None:
    application = a_decided(alice, income="98765.43", obligations=Decimal("12345.67"))
    Decision.objects.update(score=949)
    told = said(application.number, code=1)
    assert "98765" not in told
    assert "12345" not in told


def test_a_sound_desk_is_reconciled(alice: Customer, capsys: pytest.CaptureFixture[str]) -> None:
    pay(a_loan(alice))
    call_command("reconcile_loans")
    assert capsys.readouterr().out == "Differences: 0\n"


def test_what_does_not_agree_is_printed_and_the_command_fails(
    alice: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    loan = a_loan(alice)
    Loan.objects.update(principal_left=Decimal("299.00"))
    with pytest.raises(CommandError, match="Differences: 2") as refused:
        call_command("reconcile_loans")
    assert refused.value.returncode == 1
    printed = capsys.readouterr().out
    assert f"loan {loan.number}, principal by its ledger: 299.00 is kept, 300.00 is proved" in printed


def test_loans_are_aged_once(alice: Customer, capsys: pytest.CaptureFixture[str]) -> None:
    loan = a_loan(alice)
    let_pass(loan, 45)
    call_command("age_loans")
    call_command("age_loans")
    assert capsys.readouterr().out == "Loans changed: 1\nLoans changed: 0\n"
    loan.refresh_from_db()
    assert (loan.status, Instalment.objects.filter(fee__gt=0).count()) == ("overdue", 1)
