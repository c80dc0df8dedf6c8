"""Which amounts and terms a shopper is offered: the written policy, asked of every loan in a grid.

A loan is feasible when what is owed a month, what is left of the limit, the instalment and the approval
likelihood all are as the policy demands. Of the feasible ones at most three are shown; the likelihood
is a condition, and no offer is chosen for having the highest.

The likelihood is a bank's, of home loans. For a loan that is smaller, by income, than any that the model
learnt from it can tell nothing: there it is shown with that warning, and affordability and the limit of
the score's band decide.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

from loans.exceptions import LoanError, Unschedulable
from loans.policy import Policy
from loans.terms import MAXIMUM_PRINCIPAL, NOTHING, cents, instalment, schedule

MOST_REASONS = 4
HIGHEST_AMOUNT = MAXIMUM_PRINCIPAL  # of an income, too: more is a slip of the finger
RATIO = Decimal("0.0001")
LONGEST_ASKED = 600  # months
ANY_DAY = date(2000, 1, 1)  # what a loan costs is the same whenever it starts


class FinancesUnusable(LoanError):
    """An amount that nobody can mean: not a number, below nothing, or beyond all bounds."""

    def __init__(self, field: str, value: object) -> None:
        super().__init__(f"{field} is nothing that can be meant")  # logs are told of no incomes
        self.field, self.value = field, value


@dataclass(frozen=True, slots=True)
class Finances:
    """What a shopper tells, by month. `has_credit_history` is None where they do not say."""

    income: Decimal = field(repr=False)
    coapplicant_income: Decimal = field(repr=False)
    obligations: Decimal = field(repr=False)
    has_credit_history: bool | None

    def __post_init__(self) -> None:
        """Raises FinancesUnusable."""
        for name in ("income", "coapplicant_income", "obligations"):
            _refuse_senseless(name, getattr(self, name), NOTHING)

    @property
    def total_income(self) -> Decimal:
        return self.income + self.coapplicant_income


@dataclass(frozen=True, slots=True)
class Request:
    amount: Decimal
    months: int

    def __post_init__(self) -> None:
        """Raises FinancesUnusable."""
        _refuse_senseless("amount", self.amount, Decimal("0.01"))
        if not 1 <= self.months <= LONGEST_ASKED:
            raise FinancesUnusable("months", self.months)


class Loan(NamedTuple):
    """What a likelihood is asked of."""

    principal: Decimal
    annual_rate: Decimal
    months: int


@dataclass(frozen=True, slots=True)
class Likelihood:
    """`out_of_support`: the loan is unlike any that the model learnt from."""

    value: float
    out_of_support: bool


class ApprovalModel(Protocol):
    """Anything that gives approval likelihoods: of one loan, or of many at once."""

    def likelihood(
        self, finances: Finances, principal: Decimal, annual_rate: Decimal, months: int
    ) -> Likelihood: ...

    def likelihoods(self, finances: Finances, loans: Sequence[Loan]) -> Sequence[Likelihood]: ...


class OfferKind(StrEnum):
    ASKED = "asked"
    LARGEST = "largest"
    CHEAPEST = "cheapest"


class Reason(StrEnum):
    """Why the loan that was asked for is not offered, what weighs most first."""

    NO_INCOME = "no_income"
    OBLIGATIONS_TOO_HIGH = "obligations_too_high"
    INSTALMENT_TOO_HIGH = "instalment_too_high"
    NO_LIMIT_LEFT = "no_limit_left"
    ABOVE_LIMIT = "above_limit"
    NO_CREDIT_HISTORY = "no_credit_history"
    UNLIKELY = "unlikely"
    AMOUNT_TOO_SMALL = "amount_too_small"
    AMOUNT_NOT_A_MULTIPLE = "amount_not_a_multiple"
    TERM_NOT_OFFERED = "term_not_offered"
    INSTALMENT_TOO_SMALL = "instalment_too_small"


@dataclass(frozen=True, slots=True)
class Offer:
    """`debt_ratio` is of the instalment and the obligations to the income, rounded up."""

    kind: OfferKind
    principal: Decimal
    months: int
    annual_rate: Decimal
    instalment: Decimal
    total_interest: Decimal
    total: Decimal
    debt_ratio: Decimal
    likelihood: float
    out_of_support: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """At most three offers, no two alike; none is a decline. `likelihood` is that of the loan asked for."""

    offers: tuple[Offer, ...]
    is_counter: bool
    reasons: tuple[Reason, ...]
    likelihood: float
    out_of_support: bool


def decide(  # noqa: PLR0913, PLR0917 (what a decision is made of)
    finances: Finances,
    request: Request,
    band: str,
    exposure_left: Decimal,
    policy: Policy,
    model: ApprovalModel,
) -> Outcome:
    """`exposure_left` is what the limit of the band leaves beside what is owed already."""
    desk = Desk(finances, policy.annual_rates[band], exposure_left, policy)
    asked = Loan(request.amount, desk.annual_rate, request.months)
    grid = [loan for months in policy.terms for loan in desk.affordable(months)]
    told, *each_told = model.likelihoods(finances, [asked, *grid])
    feasible = {
        loan: likelihood
        for loan, likelihood in zip(grid, each_told, strict=True)
        if desk.is_likely(likelihood)
    }
    reasons = tuple(desk.reasons(asked, told))[:MOST_REASONS]
    offers = tuple(
        desk.offer(kind, loan, feasible[loan]) for kind, loan in chosen(asked, feasible, is_asked=not reasons)
    )
    return Outcome(offers, bool(offers and reasons), reasons, told.value, told.out_of_support)


def chosen(asked: Loan, feasible: Collection[Loan], *, is_asked: bool) -> Iterator[tuple[OfferKind, Loan]]:
    """The one asked for; the largest, in the term nearest to that asked for; and the cheapest.

    The cheapest overall would be the smallest loan there is, which helps nobody: it is the one that costs
    least among those with the principal nearest to the one asked for. The smaller of two as near; the
    shorter of two that are alike.
    """
    if not feasible:
        return
    if is_asked:
        yield OfferKind.ASKED, asked
    largest = min(feasible, key=lambda loan: (-loan.principal, abs(loan.months - asked.months), loan.months))
    nearest = min((abs(loan.principal - asked.principal), loan.principal) for loan in feasible)[1]
    alike = [loan for loan in feasible if loan.principal == nearest]
    cheapest = min(
        alike,
        key=lambda loan: (
            schedule(loan.principal, loan.annual_rate, loan.months, ANY_DAY).total,
            loan.months,
        ),
    )
    if not (is_asked and largest == asked):
        yield OfferKind.LARGEST, largest
    if cheapest != largest and not (is_asked and cheapest == asked):
        yield OfferKind.CHEAPEST, cheapest


@dataclass(frozen=True, slots=True)
class Desk:
    """The policy, for one shopper with one rate and one limit."""

    finances: Finances
    annual_rate: Decimal
    exposure_left: Decimal
    policy: Policy

    def affordable(self, months: int) -> list[Loan]:
        """All that the policy allows in this term, smallest first, likelihood apart.

        Instalments grow with the principal, so that the ends are found by halving.
        """
        multiple = self.policy.multiple
        least = int(self.policy.least_principal / multiple)
        most = int(max(self.exposure_left, NOTHING) / multiple)
        sizes = range(least, max(least, most + 1))
        low = bisect_left(sizes, True, key=lambda size: self._is_worthwhile(size * multiple, months))
        high = bisect_left(sizes, True, key=lambda size: not self._is_borne(size * multiple, months))
        return [Loan(size * multiple, self.annual_rate, months) for size in sizes[low:high]]

    def is_likely(self, likelihood: Likelihood) -> bool:
        return likelihood.out_of_support or likelihood.value >= float(self.policy.least_likelihood)

    def reasons(self, asked: Loan, likelihood: Likelihood) -> Iterator[Reason]:
        """None where the loan is feasible."""
        yield from self._reasons_of_income(asked)
        if self.exposure_left < self.policy.least_principal:
            yield Reason.NO_LIMIT_LEFT
        elif asked.principal > self.exposure_left:
            yield Reason.ABOVE_LIMIT
        if self.finances.total_income and not self.is_likely(likelihood):
            has_none = self.finances.has_credit_history is False
            yield Reason.NO_CREDIT_HISTORY if has_none else Reason.UNLIKELY
        if asked.principal < self.policy.least_principal:
            yield Reason.AMOUNT_TOO_SMALL
        elif asked.principal % self.policy.multiple:
            yield Reason.AMOUNT_NOT_A_MULTIPLE
        if asked.months not in self.policy.terms:
            yield Reason.TERM_NOT_OFFERED
        elif is_schedulable(asked) and not self._is_worthwhile(asked.principal, asked.months):
            yield Reason.INSTALMENT_TOO_SMALL

    def offer(self, kind: OfferKind, loan: Loan, likelihood: Likelihood) -> Offer:
        drawn = schedule(loan.principal, loan.annual_rate, loan.months, ANY_DAY)
        level = instalment(*loan)
        ratio = (level + self.finances.obligations) / self.finances.total_income
        return Offer(
            kind=kind, principal=cents(loan.principal), months=loan.months, annual_rate=loan.annual_rate,
            instalment=level, total_interest=drawn.total_interest, total=drawn.total,
            debt_ratio=ratio.quantize(RATIO, ROUND_CEILING), likelihood=likelihood.value,
            out_of_support=likelihood.out_of_support,
        )  # fmt: skip

    def _reasons_of_income(self, asked: Loan) -> Iterator[Reason]:
        smallest = self.policy.least_instalment + self.finances.obligations
        if not self.finances.total_income:
            yield Reason.NO_INCOME
        elif smallest > self.policy.highest_debt_ratio * self.finances.total_income:
            yield Reason.OBLIGATIONS_TOO_HIGH
        elif is_schedulable(asked) and not self._is_borne(asked.principal, asked.months):
            yield Reason.INSTALMENT_TOO_HIGH

    def _is_worthwhile(self, principal: Decimal, months: int) -> bool:
        return instalment(principal, self.annual_rate, months) >= self.policy.least_instalment

    def _is_borne(self, principal: Decimal, months: int) -> bool:
        """Without a division: nobody's income is nothing here by rounding."""
        owed = instalment(principal, self.annual_rate, months) + self.finances.obligations
        return owed <= self.policy.highest_debt_ratio * self.finances.total_income


def is_schedulable(loan: Loan) -> bool:
    """What the desk can weigh at all; anything else is refused for its amount or its term."""
    try:
        instalment(*loan)
    except Unschedulable:
        return False
    return True


def _refuse_senseless(name: str, value: object, least: Decimal) -> None:
    if not (isinstance(value, Decimal) and value.is_finite() and least <= value <= HIGHEST_AMOUNT):
        raise FinancesUnusable(name, value)
