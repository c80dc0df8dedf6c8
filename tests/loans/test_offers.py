"""Decisions whose answer is known, and rules that hold for whoever applies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loans.offers import (
    Finances,
    FinancesUnusable,
    Likelihood,
    Loan,
    Offer,
    OfferKind,
    Outcome,
    Reason,
    Request,
    decide,
)
from loans.policy import DEFAULT_POLICY, POLICY_BANDS, Policy

BANDS = st.sampled_from(POLICY_BANDS)
MONEY = st.decimals(0, 20_000, places=2)


@dataclass(frozen=True)
class Banker:
    """Approves what is up to so many months' income; knows nothing of less than so many."""

    most: float = 100.0
    knows_from: float = 0.0
    calls: list[int] | None = None

    def likelihood(
        self, finances: Finances, principal: Decimal, annual_rate: Decimal, months: int
    ) -> Likelihood:
        return self.likelihoods(finances, [Loan(principal, annual_rate, months)])[0]

    def likelihoods(self, finances: Finances, loans: Sequence[Loan]) -> list[Likelihood]:
        if self.calls is not None:
            self.calls.append(len(loans))
        months = [float(loan.principal) / float(finances.total_income or Decimal("0.01")) for loan in loans]
        return [Likelihood(0.9 if each <= self.most else 0.3, each < self.knows_from) for each in months]


GENEROUS = Banker()


def finances(
    income: object = 6000, obligations: object = 0, *, coapplicant: object = 0, history: bool | None = None
) -> Finances:
    return Finances(Decimal(str(income)), Decimal(str(coapplicant)), Decimal(str(obligations)), history)


def decided(
    who: Finances, amount: object, months: int, left: object = "5000.00", model: Banker = GENEROUS
) -> Outcome:
    return decide(who, Request(Decimal(str(amount)), months), "a", Decimal(str(left)), DEFAULT_POLICY, model)


def in_short(outcome: Outcome) -> list[tuple[str, str, int]]:
    return [(each.kind, str(each.principal), each.months) for each in outcome.offers]


def test_the_one_asked_for_the_largest_and_the_cheapest() -> None:
    outcome = decided(finances(obligations=500), 1000, 6)
    assert in_short(outcome) == [
        ("asked", "1000.00", 6), ("largest", "5000.00", 6), ("cheapest", "1000.00", 3),
    ]  # fmt: skip
    assert (outcome.is_counter, outcome.reasons, outcome.likelihood) == (False, (), 0.9)
    assert outcome.offers[0] == Offer(
        OfferKind.ASKED, Decimal("1000.00"), 6, Decimal("0.0600"), Decimal("169.60"), Decimal("17.57"),
        Decimal("1017.57"), Decimal("0.1116"), 0.9, out_of_support=False,
    )  # fmt: skip


def test_no_two_offers_are_alike() -> None:
    assert in_short(decided(finances(), 5000, 3)) == [("asked", "5000.00", 3)]
    assert in_short(decided(finances(), 5000, 6)) == [("asked", "5000.00", 6), ("cheapest", "5000.00", 3)]
    assert in_short(decided(finances(), 1000, 3)) == [("asked", "1000.00", 3), ("largest", "5000.00", 3)]


def test_what_is_too_dear_a_month_is_countered_over_a_longer_time() -> None:
    outcome = decided(finances(obligations=1900), 1000, 6)
    assert in_short(outcome) == [("largest", "1800.00", 24), ("cheapest", "1000.00", 18)]
    assert (outcome.is_counter, outcome.reasons) == (True, (Reason.INSTALMENT_TOO_HIGH,))
    assert [str(each.debt_ratio) for each in outcome.offers] == ["0.3300", "0.3264"]


def test_what_is_above_the_limit_is_countered_with_what_is_left() -> None:
    outcome = decided(finances(), 3000, 12, left="1230.00")
    assert in_short(outcome) == [("largest", "1200.00", 12), ("cheapest", "1200.00", 3)]
    assert outcome.reasons == (Reason.ABOVE_LIMIT,)


def test_where_all_alike_are_feasible_the_largest_is_in_the_nearest_term() -> None:
    assert in_short(decided(finances(), 1000, 10)) == [("largest", "5000.00", 9), ("cheapest", "1000.00", 3)]
    assert decided(finances(), 1000, 10).reasons == (Reason.TERM_NOT_OFFERED,)


@pytest.mark.parametrize(
    ("who", "amount", "months", "left", "reasons"),
    [
        (finances(0), 1000, 6, 5000, ["no_income"]),
        (finances(6000, 1961), 1000, 6, 5000, ["obligations_too_high"]),
        (finances(), 1000, 6, "99.99", ["no_limit_left"]),
        (finances(), 1000, 6, -20, ["no_limit_left"]),
        (finances(0), 1000, 6, 0, ["no_income", "no_limit_left"]),
        (finances(0), "20.01", 7, 0, ["no_income", "no_limit_left", "amount_too_small", "term_not_offered"]),
    ],
)
def test_a_decline_carries_its_reasons(
    who: Finances, amount: object, months: int, left: object, reasons: list[str]
) -> None:
    outcome = decided(who, amount, months, left)
    assert (outcome.offers, outcome.is_counter, list(outcome.reasons)) == ((), False, reasons)


@pytest.mark.parametrize(
    ("amount", "months", "reasons"),
    [
        (1025, 6, ["amount_not_a_multiple"]),
        ("1000.005", 6, ["amount_not_a_multiple"]),
        (50, 3, ["amount_too_small", "instalment_too_small"]),
        ("0.01", 3, ["amount_too_small"]),
        (300, 24, ["instalment_too_small"]),
        (1000, 36, ["term_not_offered"]),
        (99_999_999, 36, ["above_limit", "amount_not_a_multiple", "term_not_offered"]),
        (99_999_950, 24, ["instalment_too_high", "above_limit"]),
    ],
)
def test_a_counter_offer_carries_its_reasons(amount: object, months: int, reasons: list[str]) -> None:
    outcome = decided(finances(), amount, months, model=Banker(most=1e9))
    assert (len(outcome.offers), outcome.is_counter, list(outcome.reasons)) == (2, True, reasons)


def test_what_is_unlikely_is_not_offered_however_affordable() -> None:
    outcome = decided(finances(2000), 5000, 24, model=Banker(most=1.5))
    assert in_short(outcome) == [("largest", "3000.00", 24), ("cheapest", "3000.00", 6)]
    assert (outcome.reasons, outcome.likelihood) == ((Reason.UNLIKELY,), 0.3)
    told = decided(finances(2000, history=False), 5000, 24, model=Banker(most=1.5))
    assert told.reasons == (Reason.NO_CREDIT_HISTORY,)


def test_where_the_model_can_tell_nothing_affordability_and_the_limit_decide() -> None:
    outcome = decided(finances(), 1000, 6, model=Banker(most=0, knows_from=0.5))
    assert in_short(outcome) == [
        ("asked", "1000.00", 6), ("largest", "2950.00", 6), ("cheapest", "1000.00", 3),
    ]  # fmt: skip
    assert [(each.likelihood, each.out_of_support) for each in outcome.offers] == [(0.3, True)] * 3
    assert outcome.out_of_support


def test_a_decision_asks_the_model_once() -> None:
    calls: list[int] = []
    decided(finances(), 1000, 6, model=Banker(calls=calls))
    assert len(calls) == 1


def test_a_likelihood_that_is_no_number_is_not_high_enough() -> None:
    class Broken(Banker):
        def likelihoods(self, finances: Finances, loans: Sequence[Loan]) -> list[Likelihood]:
            return [Likelihood(float("nan"), out_of_support=False) for _ in loans]

    outcome = decided(finances(), 1000, 6, model=Broken())
    assert (outcome.offers, outcome.reasons) == ((), (Reason.UNLIKELY,))


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "-0.01", "100000000.00", "1e30"])
@pytest.mark.parametrize("field", ["income", "coapplicant_income", "obligations"])
def test_senseless_finances_are_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(FinancesUnusable) as refused:
        replace(finances(), **{field: Decimal(value)})  # type: ignore[arg-type]
    assert (refused.value.field, str(refused.value.value)) == (field, str(Decimal(value)))
    assert str(refused.value) == f"{field} is nothing that can be meant"


def test_what_a_shopper_earns_and_owes_is_not_written_into_logs() -> None:
    assert repr(finances(6000, 500, history=True)) == "Finances(has_credit_history=True)"


@pytest.mark.parametrize(
    ("amount", "months", "field"),
    [("NaN", 6, "amount"), ("0", 6, "amount"), ("-1", 6, "amount"), ("1e9", 6, "amount"),
     ("100", 0, "months"), ("100", -6, "months"), ("100", 601, "months")],
)  # fmt: skip
def test_a_senseless_request_is_refused_by_name(amount: str, months: int, field: str) -> None:
    with pytest.raises(FinancesUnusable) as refused:
        Request(Decimal(amount), months)
    assert refused.value.field == field


@settings(max_examples=300, deadline=None)
@given(
    income=MONEY, coapplicant=MONEY, obligations=st.decimals(0, 6_000, places=2), band=BANDS,
    amount=st.decimals("0.01", 8_000, places=2) | st.integers(1, 100).map(lambda each: Decimal(50 * each)),
    months=st.integers(1, 36) | st.sampled_from(DEFAULT_POLICY.terms),
    left=st.decimals(-100, 5_000, places=2),
    most=st.floats(0, 3), knows_from=st.floats(0, 3),
)  # fmt: skip
def test_no_offer_breaks_a_rule_and_every_refusal_has_a_reason(  # noqa: PLR0917
    income: Decimal, coapplicant: Decimal, obligations: Decimal, band: str, amount: Decimal, months: int,
    left: Decimal, most: float, knows_from: float,
) -> None:  # fmt: skip
    who, request = finances(income, obligations, coapplicant=coapplicant), Request(amount, months)
    outcome = decide(who, request, band, left, DEFAULT_POLICY, Banker(most, knows_from))
    assert [
        rule for each in outcome.offers for rule in broken_rules(each, who, band, left, DEFAULT_POLICY)
    ] == []
    assert len({(each.principal, each.months) for each in outcome.offers}) == len(outcome.offers) <= 3
    assert [each.kind for each in outcome.offers] == [
        kind for kind in OfferKind if kind in {each.kind for each in outcome.offers}
    ]
    is_asked = any(each.kind == OfferKind.ASKED for each in outcome.offers)
    assert is_asked == (not outcome.reasons)
    assert len(outcome.reasons) <= 4
    assert outcome.is_counter == bool(outcome.offers and outcome.reasons)


def broken_rules(offer: Offer, who: Finances, band: str, left: Decimal, policy: Policy) -> list[str]:
    """Of the policy, by name."""
    owed = offer.instalment + who.obligations
    rules = {
        "likelihood": offer.out_of_support or offer.likelihood >= 0.6,
        "debt ratio": owed <= policy.highest_debt_ratio * who.total_income
        and offer.debt_ratio <= policy.highest_debt_ratio,
        "limit": offer.principal <= left,
        "instalment": offer.instalment >= policy.least_instalment,
        "principal": offer.principal >= policy.least_principal and offer.principal % policy.multiple == 0,
        "term": offer.months in policy.terms,
        "rate": offer.annual_rate == policy.annual_rates[band],
        "sum": offer.principal + offer.total_interest == offer.total,
    }
    return [name for name, holds in rules.items() if not holds]
