"""Ten thousand applicants, decided with the policy and the model that ship: nobody is offered too much, and
who earns more, owes less or has more of a limit left loses nothing by it.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from loans.approval import approval_model
from loans.offers import Finances, Loan, Outcome, Request, decide
from loans.policy import DEFAULT_POLICY, POLICY_BANDS
from tests.loans.test_offers import broken_rules

BETTER = ("income", "coapplicant_income", "obligations", "exposure_left")


def money(chance: Random, most: int) -> Decimal:
    return Decimal(chance.randint(0, 100 * most)).scaleb(-2)


def an_applicant(chance: Random) -> Finances:
    return Finances(
        income=money(chance, 12_000),
        coapplicant_income=chance.choice([Decimal(0), money(chance, 12_000)]),
        obligations=chance.choice([Decimal(0), money(chance, 4_000)]),
        has_credit_history=chance.choice([True, False, None]),
    )


def decided(who: Finances, request: Request, band: str, left: Decimal) -> Outcome:
    return decide(who, request, band, left, DEFAULT_POLICY, approval_model())


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_no_offer_breaks_a_rule_and_being_better_off_loses_none(seed: int) -> None:
    chance = Random(seed)
    assert [wrong for _ in range(50) for wrong in what_is_wrong(chance)] == []


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(seed=st.integers(0, 2**32), months=st.sampled_from(DEFAULT_POLICY.terms))
def test_the_likelihood_falls_or_stays_along_the_whole_grid(seed: int, months: int) -> None:
    rate = DEFAULT_POLICY.annual_rates["a"]
    grid = [Loan(Decimal(50 * each), rate, months) for each in range(2, 101)]
    told = [each.value for each in approval_model().likelihoods(an_applicant(Random(seed)), grid)]
    assert told == sorted(told, reverse=True)


def what_is_wrong(chance: Random) -> Iterator[object]:
    """With what one applicant is told, and what they are told once they are better off."""
    who, band, left = an_applicant(chance), chance.choice(POLICY_BANDS), money(chance, 5_000)
    request = Request(Decimal(50 * chance.randint(2, 110)), chance.choice(DEFAULT_POLICY.terms))
    before = decided(who, request, band, left)
    for each in before.offers:
        yield from broken_rules(each, who, band, left, DEFAULT_POLICY)
    better = chance.choice(BETTER)
    richer, more = better_off(who, left, better, chance)
    after = decided(richer, request, band, more)
    if after.reasons and not before.reasons:
        yield "the one asked for is lost", better, who, request
    if largest(after) < largest(before):
        yield "the largest is smaller", better, who, request


def better_off(who: Finances, left: Decimal, better: str, chance: Random) -> tuple[Finances, Decimal]:
    """More of an income, fewer obligations, or more of the limit left."""
    if better == "exposure_left":
        return who, left + money(chance, 5_000)
    if better == "obligations":
        return replace(who, obligations=min(who.obligations, money(chance, 4_000))), left
    if better == "income":
        return replace(who, income=who.income + money(chance, 12_000)), left
    return replace(who, coapplicant_income=who.coapplicant_income + money(chance, 12_000)), left


def largest(outcome: Outcome) -> Decimal:
    return max((each.principal for each in outcome.offers), default=Decimal(0))
