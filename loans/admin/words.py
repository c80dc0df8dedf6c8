"""The loan desk's codes and refusals in words for those who work at it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import singledispatch

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from loans import exceptions
from loans.approval.exceptions import LoanModelUnusable
from loans.exceptions import LoanError
from loans.models import Decision
from loans.offers import Reason
from loans.scoring.exceptions import ScoreModelUnusable
from loans.services.policies import PolicyOutdated
from shop.templatetags.shelves import price

SCORE_WORDS: dict[str, StrOrPromise] = {
    "no_orders": gettext_lazy("no paid order yet"),
    "one_order": gettext_lazy("a single paid order"),
    "long_since_last_order": gettext_lazy("the last order is long ago"),
    "few_recent_orders": gettext_lazy("few orders in the last months"),
    "few_orders": gettext_lazy("few orders in all"),
    "little_spent": gettext_lazy("little spent in all"),
    "small_orders": gettext_lazy("small orders"),
    "new_customer": gettext_lazy("the first order is not long ago"),
    "orders_far_apart": gettext_lazy("much time between orders"),
    "later_than_usual": gettext_lazy("the last order is longer ago than usual for them"),
    "few_categories": gettext_lazy("few categories"),
    "often_undone": gettext_lazy("a large share cancelled or refunded"),
}
REASON_WORDS: dict[str, StrOrPromise] = {
    Reason.NO_INCOME: gettext_lazy("no income entered"),
    Reason.OBLIGATIONS_TOO_HIGH: gettext_lazy("obligations leave no room for an instalment"),
    Reason.INSTALMENT_TOO_HIGH: gettext_lazy("instalment and obligations are too much for the income"),
    Reason.NO_LIMIT_LEFT: gettext_lazy("less of the limit is left than the smallest loan"),
    Reason.ABOVE_LIMIT: gettext_lazy("more than what is left of the limit"),
    Reason.NO_CREDIT_HISTORY: gettext_lazy("unlikely to be approved, with no credit history"),
    Reason.UNLIKELY: gettext_lazy("unlikely to be approved"),
    Reason.AMOUNT_TOO_SMALL: gettext_lazy("less than the smallest loan"),
    Reason.AMOUNT_NOT_A_MULTIPLE: gettext_lazy("not a multiple that loans are made in"),
    Reason.TERM_NOT_OFFERED: gettext_lazy("a term that is not offered"),
    Reason.INSTALMENT_TOO_SMALL: gettext_lazy("the instalment would be too small"),
}
BAND_WORDS: dict[str, StrOrPromise] = {
    "thin": gettext_lazy("thin (one order)"),
    "none": gettext_lazy("none (no order)"),
}


@dataclass(frozen=True, slots=True)
class Worded:
    """A decision as a page tells it."""

    decision: Decision
    band: str
    score: Sequence[str]
    reasons: Sequence[str]
    likelihood: str

    @classmethod
    def of(cls, decision: Decision) -> "Worded":
        return cls(
            decision=decision,
            band=band_words(decision.band),
            score=words(decision.score_reasons, SCORE_WORDS),
            reasons=words(decision.reasons, REASON_WORDS),
            likelihood="–" if decision.likelihood is None else percent(decision.likelihood),
        )


POLICY_WORDS: dict[str, StrOrPromise] = {
    "least_likelihood": gettext_lazy("Least approval likelihood"),
    "highest_debt_ratio": gettext_lazy("Highest share of the income for debts"),
    "annual_rates": gettext_lazy("Annual rate"),
    "exposure_limits": gettext_lazy("Limit"),
    "terms": gettext_lazy("Terms, in months"),
    "multiple": gettext_lazy("Amounts are multiples of"),
    "least_principal": gettext_lazy("Smallest loan"),
    "least_instalment": gettext_lazy("Smallest instalment"),
    "offer_days": gettext_lazy("Days for which an offer stands"),
    "cooling_off_days": gettext_lazy("Days for withdrawing from a loan"),
    "grace_days": gettext_lazy("Days of grace"),
    "late_fee": gettext_lazy("Late fee"),
    "late_fee_cap": gettext_lazy("Late fee at most, as a share of the instalment"),
    "retention_days": gettext_lazy("Days for which finances are kept"),
}
AGE_WORDS: dict[str, StrOrPromise] = {
    "1-30": gettext_lazy("1–30 days"),
    "31-60": gettext_lazy("31–60 days"),
    "61-90": gettext_lazy("61–90 days"),
    "over-90": gettext_lazy("over 90 days"),
}
ANSWER_WORDS: dict[str, StrOrPromise] = {
    "as-asked": gettext_lazy("offered as asked for"),
    "counter": gettext_lazy("counter-offer"),
    "declined": gettext_lazy("declined"),
}


def words(codes: Iterable[str], known: Mapping[str, StrOrPromise]) -> list[str]:
    return [str(known.get(code, code)) for code in codes]


def percent(share: float | Decimal) -> str:
    """`7.5 %`"""
    return f"{float(100 * share):.4g} %"


def band_words(band: str | None) -> str:
    """A letter, or why there is none; a dash where nobody has scored yet."""
    return str(BAND_WORDS.get(band, band.upper())) if band else "–"


@singledispatch
def refusal(error: LoanError) -> str:
    return _("That did not work. Nothing was changed.")


@refusal.register
def application_moved(error: exceptions.ApplicationMoved) -> str:
    return _("This is not to be decided any more. The application's status: %(status)s.") % {
        "status": error.application.get_status_display()
    }


@refusal.register
def loan_moved(error: exceptions.LoanMoved) -> str:
    return _("That is no longer possible. The loan's status: %(status)s.") % {
        "status": error.loan.get_status_display()
    }


@refusal.register
def over_exposure(error: exceptions.OverExposure) -> str:
    return _("%(left)s is left of the applicant's limit: no officer lends more than that.") % {
        "left": price(error.left)
    }


@refusal.register
def unschedulable(error: exceptions.Unschedulable) -> str:
    return _("No instalments can be drawn up for this amount and term.")


@refusal.register
def reason_missing(error: exceptions.ReasonMissing) -> str:
    return _("Write down the reason: the decision is kept with it.")


@refusal.register
def purged(error: exceptions.Purged) -> str:
    return _("The finances of this application are no longer kept.")


@refusal.register
def unsealable(error: exceptions.Unsealable) -> str:
    return _("The finances cannot be read: none of the desk's keys opens them.")


@refusal.register
def policy_outdated(error: PolicyOutdated) -> str:
    return _("Somebody has written a newer policy since you opened this page. Open it anew.")


@refusal.register
def loan_model_unusable(error: LoanModelUnusable) -> str:
    return _("Nothing can be decided anew: the approval model cannot be read.")


@refusal.register
def score_model_unusable(error: ScoreModelUnusable) -> str:
    return _("Nobody can be scored, so nothing can be decided: the score model cannot be read.")
