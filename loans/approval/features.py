"""What the approval model looks at: five numbers, free of scale, of an applicant and a loan.

The one place where they are computed: for a shopper's loans, and for every application that a model is
trained or measured on. Sex, marriage, dependants and place are none of them, nor is the term by itself.
"""

from typing import Any, NamedTuple

import numpy as np


class Feature(NamedTuple):
    """`sign` −1: whatever else is so, more of it never makes an approval likelier."""

    name: str
    sign: int = 0


FEATURES = (
    Feature("debt_to_income", -1),  # the instalment of a month, to the income of a month
    Feature("loan_to_income", -1),  # the principal, to the income of a year
    Feature("credit_history"),  # 1 or 0
    Feature("smaller_share"),  # of the smaller of two incomes: whose it is plays no part
    Feature("income"),  # the logarithm of how many typical incomes
)
NAMES = tuple(each.name for each in FEATURES)
SIGNS = tuple(each.sign for each in FEATURES)
RATIOS = tuple(place for place, each in enumerate(FEATURES) if each.sign)  # these change with the loan


class Columns(NamedTuple):
    """Arrays of N, or numbers that all N share. Incomes are of a month, the rate of a year."""

    income: Any
    coapplicant_income: Any
    has_credit_history: Any  # 1 or 0
    principal: Any
    annual_rate: Any
    months: Any


def features(columns: Columns, typical_income: float) -> Any:
    """(N, FEATURES), in the single precision that scikit-learn's trees compare in.

    Both ratios grow with the principal, whatever the rounding. Without an income they are infinite.
    """
    principal = np.atleast_1d(np.asarray(columns.principal, dtype=float))
    total = np.asarray(columns.income + columns.coapplicant_income, dtype=float)
    monthly = np.asarray(columns.annual_rate, dtype=float) / 12
    with np.errstate(divide="ignore", invalid="ignore"):
        smaller = np.minimum(columns.income, columns.coapplicant_income)
        share = np.where(total > 0, smaller / total, 0.0)
        annuity = np.where(
            monthly > 0, monthly / -np.expm1(-columns.months * np.log1p(monthly)), 1 / columns.months
        )
        found = (
            principal * (annuity / total), principal / (12 * total), columns.has_credit_history, share,
            np.log(total / typical_income),
        )  # fmt: skip
    return np.column_stack([np.broadcast_to(each, principal.shape) for each in found]).astype(np.float32)
