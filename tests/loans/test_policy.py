"""The page of policy: what it says, and what it is not allowed to say."""

from decimal import Decimal
from typing import Any

import pytest

from loans.policy import DEFAULT_POLICY, POLICY_BANDS, Policy, PolicyUnusable


def a_page(**changes: object) -> dict[str, Any]:
    return DEFAULT_POLICY.as_json() | changes


def a_banded_page(key: str, band: str, value: object) -> dict[str, Any]:
    return a_page(**{key: DEFAULT_POLICY.as_json()[key] | {band: value}})


def test_a_page_says_what_it_said() -> None:
    assert Policy.from_json(DEFAULT_POLICY.as_json()) == DEFAULT_POLICY
    assert DEFAULT_POLICY.as_json()["exposure_limits"] == {
        "a": "5000.00", "b": "3000.00", "c": "2000.00", "d": "1200.00", "e": "600.00", "thin": "600.00",
        "none": "300.00",
    }  # fmt: skip


def test_every_band_of_the_score_has_a_rate_and_a_limit() -> None:
    assert POLICY_BANDS == ("a", "b", "c", "d", "e", "thin", "none")
    assert tuple(DEFAULT_POLICY.annual_rates) == tuple(DEFAULT_POLICY.exposure_limits) == POLICY_BANDS


def test_numbers_of_json_are_taken_as_they_are_written() -> None:
    policy = Policy.from_json(a_page(least_likelihood=0.7, late_fee=5, highest_debt_ratio="0.36"))
    assert (policy.least_likelihood, policy.late_fee, policy.highest_debt_ratio) == (
        Decimal("0.7"), Decimal("5.00"), Decimal("0.36"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (a_page(least_likelihood="0.71"), "least_likelihood is 0.71, and from 0.00 to 0.70 is allowed."),
        (a_page(least_likelihood="NaN"), "least_likelihood is NaN, and it must be a number."),
        (a_page(least_likelihood=float("inf")), "least_likelihood is inf, and it must be a number."),
        (a_page(least_likelihood="-0.1"), "least_likelihood is -0.1, and from 0.00 to 0.70 is allowed."),
        (a_page(least_likelihood="0.60001"), "least_likelihood is 0.60001, and 4 places are allowed."),
        (a_page(least_likelihood=True), "least_likelihood is True, and it must be a number."),
        (a_page(highest_debt_ratio="0.29"), "highest_debt_ratio is 0.29, and from 0.30 to 0.36 is allowed."),
        (a_page(highest_debt_ratio="0.37"), "highest_debt_ratio is 0.37, and from 0.30 to 0.36 is allowed."),
        (a_page(late_fee="much"), "late_fee is much, and it must be a number."),
        (a_page(late_fee="9.999"), "late_fee is 9.999, and 2 places are allowed."),
        (a_page(late_fee_cap="0.2"), "late_fee_cap is 0.2, and from 0.00 to 0.10 is allowed."),
        (a_page(multiple="0"), "multiple is 0, and from 4.00 to 1000.00 is allowed."),
        (a_page(least_principal="120"), "least_principal is 120.00, and it must be a multiple of 50.00."),
        (a_page(offer_days=0), "offer_days is 0, and a whole number from 1 to 60 is allowed."),
        (a_page(offer_days=7.5), "offer_days is 7.5, and a whole number from 1 to 60 is allowed."),
        (a_page(terms=[]), "terms is [], and it must list months from 1 to 24, shortest first, each once."),
        (a_page(terms=[3, 36]),
         "terms is [3, 36], and it must list months from 1 to 24, shortest first, each once."),
        (a_page(terms=[6, 3]),
         "terms is [6, 3], and it must list months from 1 to 24, shortest first, each once."),
        (a_page(terms="6"), "terms is 6, and it must list months from 1 to 24, shortest first, each once."),
        (a_page(annual_rates=0.1),
         "annual_rates is 0.1, and it must hold a number for each of a, b, c, d, e, thin, none."),
        (a_banded_page("annual_rates", "a", "0.25"),
         "annual_rates.a is 0.25, and from 0.00 to 0.24 is allowed."),
        (a_banded_page("annual_rates", "f", "0.1"),
         "annual_rates.f is not known, and the keys are a, b, c, d, e, thin, none."),
        (a_banded_page("exposure_limits", "none", "-1"),
         "exposure_limits.none is -1, and from 0.00 to 100000.00 is allowed."),
        (a_banded_page("exposure_limits", "a", "20050"),
         "exposure_limits.a is 20050.00, and 400 multiples, 20000.00, are the most."),
    ],
)  # fmt: skip
def test_a_page_that_says_too_much_is_refused_with_a_sentence(page: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PolicyUnusable) as refused:
        Policy.from_json(page)
    assert str(refused.value) == sentence


def test_a_key_that_is_not_known_or_missing_is_named() -> None:
    with pytest.raises(
        PolicyUnusable, match="^p_min is not known, and the keys are least_likelihood, highest_"
    ):
        Policy.from_json(a_page(p_min="0.6"))
    page = a_page()
    del page["terms"]
    with pytest.raises(
        PolicyUnusable, match="^terms is missing, and the keys are least_likelihood, highest_"
    ):
        Policy.from_json(page)
    with pytest.raises(PolicyUnusable, match="^The policy is .1., and it must be an object of JSON.$"):
        Policy.from_json([1])  # type: ignore[arg-type]
