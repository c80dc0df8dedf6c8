"""What shoppers read at the loan desk: refusals, obstacles, the reasons of a decision, an agreement."""

from decimal import Decimal
from functools import singledispatch

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loans import exceptions
from loans.agreement import Agreement
from loans.exceptions import LoanError
from loans.forms import months_in_words
from loans.models import Application
from loans.offers import Reason
from loans.policy import Policy
from loans.scoring.exceptions import ScoreModelUnusable
from loans.selectors.loans import StatementLine
from loans.templatetags.rates import effective, rate
from shop.exceptions import BuyingLocked, ShopError
from shop.sentences import sentence as shop_sentence
from shop.templatetags.shelves import price


@singledispatch
def sentence(error: LoanError | ShopError) -> str:
    return _("That did not work. Nothing was changed.")


@sentence.register
def refused_by_the_shop(error: ShopError) -> str:
    return shop_sentence(error)


@sentence.register
def buying_locked(error: BuyingLocked) -> str:
    return obstacle_sentence("locked")


@sentence.register
def not_eligible(error: exceptions.NotEligible) -> str:
    return obstacle_sentence(error.reason)


@sentence.register
def consent_outdated(error: exceptions.ConsentOutdated) -> str:
    return _("The text has changed since you opened the page. Read it again, and agree if you still do.")


@sentence.register
def application_moved(error: exceptions.ApplicationMoved) -> str:
    return _("That is no longer possible. The application's status: %(status)s.") % {
        "status": error.application.get_status_display()
    }


@sentence.register
def offer_gone(error: exceptions.OfferGone) -> str:
    return _("This offer no longer stands: it has expired, or was taken back. Nothing was borrowed.")


@sentence.register
def offer_changed(error: exceptions.OfferChanged) -> str:
    return _("What you accepted is not what the offer says. Read the agreement again; nothing was borrowed.")


@sentence.register
def over_exposure(error: exceptions.OverExposure) -> str:
    return _(
        "%(principal)s is more than the %(left)s that is left of your limit by now. Nothing was borrowed."
    ) % {"principal": price(error.principal), "left": price(error.left)}


@sentence.register
def loan_moved(error: exceptions.LoanMoved) -> str:
    return _("That is no longer possible. The loan's status: %(status)s.") % {
        "status": error.loan.get_status_display()
    }


@sentence.register
def cooling_off_over(error: exceptions.CoolingOffOver) -> str:
    return rescission_sentence(error.reason)


@sentence.register
def nothing_due(error: exceptions.NothingDue) -> str:
    return _("There is nothing to pay of that kind.")


@sentence.register
def repayment_too_high(error: exceptions.RepaymentTooHigh) -> str:
    return _("%(amount)s is too much: %(left)s is the most that can be paid here today.") % {
        "amount": price(error.amount),
        "left": price(error.left),
    }


@sentence.register
def repayment_too_low(error: exceptions.RepaymentTooLow) -> str:
    return _(
        "%(amount)s is too little: what is due and the interest to date come first, so that "
        "%(least)s is the least that lowers what is to come."
    ) % {"amount": price(error.amount), "least": price(error.least)}


@sentence.register
def score_model_unusable(error: ScoreModelUnusable) -> str:
    return _("Your limit cannot be worked out just now. Please come back later.")


def obstacle_sentence(obstacle: str) -> str:
    """What stands in the way of a loan, and what to do."""
    return {
        "locked": _("Your account is locked: you can look at everything and repay, but not borrow. "
                    "Write to us if that surprises you."),
        "open-application": _("You have an application open. Go on with it, or withdraw it first."),
        "overdue": _("A loan of yours is overdue. Pay what is due on it, and you can apply again."),
        "written-off": _("A loan of yours was written off. Write to us before you apply again."),
        "no-limit": _("Your limit is used up. What you repay can be borrowed again."),
    }.get(obstacle, _("You cannot apply at the moment."))  # fmt: skip


def rescission_sentence(obstacle: str) -> str:
    """Why a loan cannot be withdrawn from."""
    return {
        "late": _("The days for withdrawing from this loan are over. You can pay it off early instead."),
        "spent": _("Some of the coupon is spent, so that the loan can no longer be withdrawn from. "
                   "You can pay it off early instead."),
        "repaid": _("Something is repaid already, so that the loan can no longer be withdrawn from. "
                    "You can pay it off early instead."),
    }.get(obstacle, "")  # fmt: skip


def reason_sentence(reason: str, application: Application, policy: Policy, left: Decimal | None) -> str:
    """A code of loans.offers.Reason, with its values. `left` of the limit is None once it is purged."""
    if left is None and reason in {Reason.NO_LIMIT_LEFT, Reason.ABOVE_LIMIT}:
        return _("The amount was above what was left of your limit.")
    facts = {
        "share": f"{policy.highest_debt_ratio * 100:.0f}%",
        "least": price(policy.least_principal),
        "multiple": price(policy.multiple),
        "terms": _terms_in_words(policy.terms),
        "instalment": price(policy.least_instalment),
        "left": price(max(left or Decimal(0), Decimal(0))),
        "amount": price(application.amount or Decimal(0)),
        "months": months_in_words(application.months or 0),
    }
    return _reason(reason) % facts


def _reason(reason: str) -> str:
    return {
        Reason.NO_INCOME: _("You entered no income, so that no instalment can be borne."),
        Reason.OBLIGATIONS_TOO_HIGH: _("What you already pay each month leaves no room for an instalment: "
                                       "together they may come to %(share)s of the income at most."),
        Reason.INSTALMENT_TOO_HIGH: _("The instalment of %(amount)s over %(months)s, with what you already "
                                      "pay each month, would be more than %(share)s of the income."),
        Reason.NO_LIMIT_LEFT: _("What is left of your limit, %(left)s, is less than the smallest loan of "
                                "%(least)s."),
        Reason.ABOVE_LIMIT: _("You asked for %(amount)s, and %(left)s is left of your limit."),
        Reason.NO_CREDIT_HISTORY: _("For a loan of this size beside the income a credit history is needed, "
                                    "and you entered that you have none."),
        Reason.UNLIKELY: _("A loan of this size beside the income would rarely be approved."),
        Reason.AMOUNT_TOO_SMALL: _("The smallest loan is %(least)s."),
        Reason.AMOUNT_NOT_A_MULTIPLE: _("Loans are made in multiples of %(multiple)s."),
        Reason.TERM_NOT_OFFERED: _("Loans run for %(terms)s months."),
        Reason.INSTALMENT_TOO_SMALL: _("Over %(months)s an instalment would be less than %(instalment)s, "
                                       "which is the least."),
    }[Reason(reason)]  # fmt: skip


def _terms_in_words(terms: tuple[int, ...]) -> str:
    *others, last = (str(term) for term in terms)
    return _("%(others)s or %(last)s") % {"others": ", ".join(others), "last": last} if others else last


def clauses_of(agreement: Agreement) -> list[tuple[str, str]]:
    """What an agreement says beside its figures: headings and sentences, for the page and the document."""
    return [
        (_("What you get"), _coupon_clause(agreement)),
        (_("What it costs"), _cost_clause(agreement)),
        (_("If you pay late"), _late_clause(agreement.policy)),
        (_("If you pay early"), _("You can pay ahead, or all that is left, on any day, and it costs nothing. "
                                  "Interest counts up to that day, and no further.")),
        (_("If you change your mind"), _cooling_off_clause(agreement.policy)),
        (_("How days are counted"), _("A month counts 30 days and a year 360. A loan that is accepted on a "
                                      "29th, 30th or 31st starts on the first of the next month, and bears "
                                      "no interest before.")),
    ]  # fmt: skip


def _coupon_clause(agreement: Agreement) -> str:
    return _(
        "A coupon of %(principal)s in your account. You spend it in this shop, at once or in parts; what an "
        "order leaves over stays. It covers goods, not delivery, is valid for two years, and is not paid "
        "out in money."
    ) % {"principal": price(agreement.principal)}


def _cost_clause(agreement: Agreement) -> str:
    return _(
        "You pay %(total)s in all: the %(principal)s, and %(interest)s of interest. The annual rate is "
        "%(rate)s nominal, %(effective)s effective. There is no other fee while you pay in time."
    ) % {
        "total": price(agreement.schedule.total),
        "principal": price(agreement.principal),
        "interest": price(agreement.schedule.total_interest),
        "rate": rate(agreement.annual_rate),
        "effective": effective(agreement.annual_rate),
    }


def _late_clause(policy: Policy) -> str:
    return ngettext(
        "An instalment that is more than %(days)d day late costs a late fee, once: %(fee)s, or %(cap)s of "
        "the instalment where that is less. Until it is paid, no other loan can be had.",
        "An instalment that is more than %(days)d days late costs a late fee, once: %(fee)s, or %(cap)s of "
        "the instalment where that is less. Until it is paid, no other loan can be had.",
        policy.grace_days,
    ) % {"days": policy.grace_days, "fee": price(policy.late_fee), "cap": rate(policy.late_fee_cap)}


def _cooling_off_clause(policy: Policy) -> str:
    if not policy.cooling_off_days:
        return _("Once you have accepted, the loan cannot be withdrawn from; you can pay it off early.")
    return ngettext(
        "For %(days)d day after you accepted you can withdraw, as long as nothing of the coupon is spent "
        "and nothing is repaid. You then owe nothing, and the coupon is taken back.",
        "For %(days)d days after you accepted you can withdraw, as long as nothing of the coupon is spent "
        "and nothing is repaid. You then owe nothing, and the coupon is taken back.",
        policy.cooling_off_days,
    ) % {"days": policy.cooling_off_days}


def figures_of(agreement: Agreement) -> list[tuple[str, str]]:
    """The figures of an agreement, named."""
    return [
        (_("Amount"), price(agreement.principal)),
        (_("Paid back over"), months_in_words(agreement.months)),
        (_("Instalment a month"), price(agreement.instalment)),
        (_("First due on"), date_format(agreement.first_due_on)),
        (_("Annual rate, nominal"), rate(agreement.annual_rate)),
        (_("Annual rate, effective"), effective(agreement.annual_rate)),
        (_("Interest in all"), price(agreement.schedule.total_interest)),
        (_("Other fees"), _("none")),
        (_("You pay in all"), price(agreement.schedule.total)),
    ]


def statement_sentence(line: StatementLine) -> str:
    """What an entry of the ledger says, in words."""
    parts = {"fee": price(line.fee), "interest": price(line.interest), "principal": price(-line.principal)}
    match line.kind:
        case "disbursement":
            return _("Paid out as a coupon")
        case "fee":
            return _("Late fee of an instalment")
        case "repayment" if line.fee:
            return _("Repaid: %(fee)s of fees, %(interest)s of interest, %(principal)s of the amount") % {
                **parts,
                "fee": price(-line.fee),
            }
        case "repayment":
            return _("Repaid: %(interest)s of interest, %(principal)s of the amount") % parts
        case "write-off":
            return _("Written off: no longer asked for")
        case _:
            return _("Taken back: the loan was withdrawn from")
