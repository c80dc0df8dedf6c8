"""Ten thousand applicants, decided with the policy and the model that ship: nobody is offered too much, and
who earns more, owes less or has more of a limit left loses nothing by it.
"""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from loans.approval import approval_model
from loans.offers import Finances, Loan, Outcome, Request, decide
from loans.policy import DEFAULT_POLICY, POLICY_BANDS
from tests.loans.test_offers import broken_rules

FINANCES = st.builds(
    Finances,
    income=st.decimals(0, 12_000, places=2),
    coapplicant_income=st.just(Decimal(0)) | st.decimals(0, 12_000, places=2),
    obligations=st.just(Decimal(0)) | st.decimals(0, 4_000, places=2),
    has_credit_history=st.sampled_from([True, False, None]),
)
REQUESTS = st.builds(
    Request,
    amount=st.integers(2, 110).map(lambda each: Decimal(50 * each)),
    months=st.sampled_from(DEFAULT_POLICY.terms),
)
BETTER = ("income", "coapplicant_income", "obligations", "exposure_left")


def decided(who: Finances, request: Request, band: str, left: Decimal) -> Outcome:
    return decide(who, request, band, left, DEFAULT_POLICY, approval_model())


@settings(max_examples=10_000, deadline=None, database=None, derandomize=True)
@given(
    who=FINANCES, request=REQUESTS, band=st.sampled_from(POLICY_BANDS), left=st.decimals(0, 5_000, places=2),
    better=st.sampled_from(BETTER), share=st.floats(0.01, 1),
)  # fmt: skip
def test_no_offer_breaks_a_rule_and_being_better_off_loses_none(  # noqa: PLR0917
    who: Finances, request: Request, band: str, left: Decimal, better: str, share: float
) -> None:
    before = decided(who, request, band, left)
    assert [
        rule for each in before.offers for rule in broken_rules(each, who, band, left, DEFAULT_POLICY)
    ] == []
    richer, more = better_off(who, left, better, Decimal(str(round(share, 4))))
    after = decided(richer, request, band, more)
    assert before.reasons or not after.reasons
    assert largest(after) >= largest(before)
    assert bool(after.offers) >= bool(before.offers)


@settings(max_examples=1_000, deadline=None, database=None, derandomize=True)
@given(who=FINANCES, months=st.sampled_from(DEFAULT_POLICY.terms))
def test_the_likelihood_falls_or_stays_along_the_whole_grid(who: Finances, months: int) -> None:
    rate = DEFAULT_POLICY.annual_rates["a"]
    grid = [Loan(Decimal(50 * each), rate, months) for each in range(2, 101)]
    told = [each.value for each in approval_model().likelihoods(who, grid)]
    assert told == sorted(told, reverse=True)


def better_off(who: Finances, left: Decimal, better: str, share: Decimal) -> tuple[Finances, Decimal]:
    """More of an income, fewer obligations, or more of the limit left."""
    if better == "exposure_left":
        return who, left + 5_000 * share
    if better == "obligations":
        return replace(who, obligations=round(who.obligations * (1 - share), 2)), left
    if better == "income":
        return replace(who, income=round(who.income + 12_000 * share, 2)), left
    return replace(who, coapplicant_income=round(who.coapplicant_income + 12_000 * share, 2)), left


def largest(outcome: Outcome) -> Decimal:
    return max((each.principal for each in outcome.offers), default=Decimal(0))
