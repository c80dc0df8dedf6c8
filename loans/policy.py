"""The written policy of the loan desk: thresholds, rates, limits and days, as a versioned row keeps them.

Amounts are in the shop's currency; shares and rates are fractions. A page that asks for what the law or
good sense forbids is refused with a sentence that names the key, the value and what is allowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, NamedTuple

from loans.exceptions import LoanError
from loans.scoring.model import BANDS
from loans.terms import LONGEST, MINIMUM_PRINCIPAL, cents

# Of whom a score is known; "thin" has one order, "none" has no score and so a starter limit.
POLICY_BANDS = (*(name for name, _ in BANDS), "thin", "none")
MOST_MULTIPLES = 400  # in a limit: every one of them is weighed, in every term, while a shopper waits


class PolicyUnusable(LoanError):
    """A page of policy that the desk does not follow."""

    def __init__(self, key: str, value: object, allowed: str) -> None:
        super().__init__(f"{key} is {value}, and {allowed}.")
        self.key, self.value, self.allowed = key, value, allowed


class Range(NamedTuple):
    """Both ends are allowed."""

    least: Decimal
    most: Decimal
    places: int = 4

    def checked(self, key: str, value: object) -> Decimal:
        number = _decimal(key, value)
        if not self.least <= number <= self.most:
            raise PolicyUnusable(key, value, f"from {self.least} to {self.most} is allowed")
        if number != round(number, self.places):
            raise PolicyUnusable(key, value, f"{self.places} places are allowed")
        return cents(number) if self.places == 2 else number


# A likelihood asked for above .70 turns away whole groups of applicants (the model card's fairness table).
SHARES = {
    "least_likelihood": Range(Decimal("0.00"), Decimal("0.70")),
    "highest_debt_ratio": Range(Decimal("0.30"), Decimal("0.36")),
    "late_fee_cap": Range(Decimal("0.00"), Decimal("0.10")),
}
AMOUNTS = {
    "multiple": Range(MINIMUM_PRINCIPAL, Decimal("1000.00"), places=2),
    "least_principal": Range(MINIMUM_PRINCIPAL, Decimal("10000.00"), places=2),
    "least_instalment": Range(Decimal("1.00"), Decimal("1000.00"), places=2),
    "late_fee": Range(Decimal("0.00"), Decimal("100.00"), places=2),
}
DAYS = {
    "offer_days": (1, 60),
    "cooling_off_days": (0, 60),
    "grace_days": (0, 30),
    "retention_days": (30, 1825),
}
BY_BAND = {
    "annual_rates": Range(Decimal("0.00"), Decimal("0.24"), places=5),
    "exposure_limits": Range(Decimal("0.00"), Decimal("100000.00"), places=2),
}


@dataclass(frozen=True, slots=True)
class Policy:
    least_likelihood: Decimal  # approval likelihood that an offer has at least, where the model can tell
    highest_debt_ratio: Decimal  # of instalment and obligations to income
    annual_rates: Mapping[str, Decimal]  # by band
    exposure_limits: Mapping[str, Decimal]  # principal owed at a time, by band
    terms: tuple[int, ...]  # months
    multiple: Decimal  # of which every principal is a multiple
    least_principal: Decimal
    least_instalment: Decimal
    offer_days: int  # for which an offer stands
    cooling_off_days: int  # in which a loan can be withdrawn from while its coupon is unused
    grace_days: int  # after a due day, before a late fee
    late_fee: Decimal
    late_fee_cap: Decimal  # share of the late instalment; the fee is the smaller of the two
    retention_days: int  # after which encrypted incomes are purged, once nothing is open

    @classmethod
    def from_json(cls, page: Mapping[str, Any]) -> "Policy":
        """Every key is needed, and no other. Raises PolicyUnusable."""
        if not isinstance(page, Mapping):
            raise PolicyUnusable("The policy", page, "it must be an object of JSON")
        _refuse_other_keys("", page, KEYS)
        number = {key: each.checked(key, page[key]) for key, each in (SHARES | AMOUNTS).items()}
        days = {key: _whole(key, page[key], *ends) for key, ends in DAYS.items()}
        policy = cls(
            annual_rates=_by_band("annual_rates", page["annual_rates"]),
            exposure_limits=_by_band("exposure_limits", page["exposure_limits"]),
            terms=_terms(page["terms"]),
            least_likelihood=number["least_likelihood"],
            highest_debt_ratio=number["highest_debt_ratio"],
            multiple=number["multiple"],
            least_principal=number["least_principal"],
            least_instalment=number["least_instalment"],
            late_fee=number["late_fee"],
            late_fee_cap=number["late_fee_cap"],
            offer_days=days["offer_days"],
            cooling_off_days=days["cooling_off_days"],
            grace_days=days["grace_days"],
            retention_days=days["retention_days"],
        )
        _refuse_what_does_not_fit(policy)
        return policy

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads; decimals are strings."""
        return {
            "least_likelihood": str(self.least_likelihood),
            "highest_debt_ratio": str(self.highest_debt_ratio),
            "annual_rates": {band: str(self.annual_rates[band]) for band in POLICY_BANDS},
            "exposure_limits": {band: str(self.exposure_limits[band]) for band in POLICY_BANDS},
            "terms": list(self.terms),
            "multiple": str(self.multiple),
            "least_principal": str(self.least_principal),
            "least_instalment": str(self.least_instalment),
            "offer_days": self.offer_days,
            "cooling_off_days": self.cooling_off_days,
            "grace_days": self.grace_days,
            "late_fee": str(self.late_fee),
            "late_fee_cap": str(self.late_fee_cap),
            "retention_days": self.retention_days,
        }


KEYS = tuple(each.name for each in fields(Policy))


def _refuse_other_keys(within: str, page: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    """`within` names the part of the page, with a dot after it."""
    allowed = f"the keys are {', '.join(keys)}"
    for key in page:
        if key not in keys:
            raise PolicyUnusable(f"{within}{key}", "not known", allowed)
    for key in keys:
        if key not in page:
            raise PolicyUnusable(f"{within}{key}", "missing", allowed)


def _decimal(key: str, value: object) -> Decimal:
    """A number, or one written as text."""
    allowed = "it must be a number"
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise PolicyUnusable(key, value, allowed)
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise PolicyUnusable(key, value, allowed) from error
    if not number.is_finite():
        raise PolicyUnusable(key, value, allowed)
    return number


def _whole(key: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise PolicyUnusable(key, value, f"a whole number from {least} to {most} is allowed")
    return value


def _by_band(key: str, value: object) -> Mapping[str, Decimal]:
    if not isinstance(value, Mapping):
        raise PolicyUnusable(key, value, f"it must hold a number for each of {', '.join(POLICY_BANDS)}")
    _refuse_other_keys(f"{key}.", value, POLICY_BANDS)
    return MappingProxyType(
        {band: BY_BAND[key].checked(f"{key}.{band}", value[band]) for band in POLICY_BANDS}
    )


def _terms(value: object) -> tuple[int, ...]:
    allowed = f"it must list months from 1 to {LONGEST}, shortest first, each once"
    if not isinstance(value, list | tuple) or not value:
        raise PolicyUnusable("terms", value, allowed)
    are_months = all(
        isinstance(each, int) and not isinstance(each, bool) and 1 <= each <= LONGEST for each in value
    )
    if not are_months or sorted(set(value)) != list(value):
        raise PolicyUnusable("terms", value, allowed)
    return tuple(value)


def _refuse_what_does_not_fit(policy: Policy) -> None:
    if policy.least_principal % policy.multiple:
        raise PolicyUnusable(
            "least_principal", policy.least_principal, f"it must be a multiple of {policy.multiple}"
        )
    for band, limit in policy.exposure_limits.items():
        most = MOST_MULTIPLES * policy.multiple
        if limit > most:
            raise PolicyUnusable(
                f"exposure_limits.{band}", limit, f"{MOST_MULTIPLES} multiples, {most}, are the most"
            )


DEFAULT_POLICY = Policy.from_json(
    {
        "least_likelihood": "0.60",
        "highest_debt_ratio": "0.33",
        "annual_rates": {
            "a": "0.0600", "b": "0.0750", "c": "0.0900", "d": "0.1050", "e": "0.1200", "thin": "0.1200",
            "none": "0.1200",
        },
        "exposure_limits": {
            "a": "5000.00", "b": "3000.00", "c": "2000.00", "d": "1200.00", "e": "600.00", "thin": "600.00",
            "none": "300.00",
        },
        "terms": [3, 6, 9, 12, 18, 24],
        "multiple": "50.00",
        "least_principal": "100.00",
        "least_instalment": "20.00",
        "offer_days": 7,
        "cooling_off_days": 14,
        "grace_days": 5,
        "late_fee": "10.00",
        "late_fee_cap": "0.05",
        "retention_days": 180,
    }
)  # fmt: skip
