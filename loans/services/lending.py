"""From an accepted offer to a loan that is paid out, withdrawn from or written off."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from hmac import compare_digest

from django.db import transaction
from django.utils import timezone

from loans.exceptions import (
    ApplicationMoved,
    CoolingOffOver,
    LoanMoved,
    NotEligible,
    OfferChanged,
    OfferGone,
    OverExposure,
    ReasonMissing,
)
from loans.models import Instalment, Loan, LoanEvent, Offer
from loans.models.applications import Application, ApplicationStatus
from loans.models.ledger import Account, EntryKind
from loans.models.loans import LoanStatus
from loans.models.repayments import RepaymentPayment
from loans.selectors.eligibility import exposure_of, obstacle_of_loans
from loans.services.applying import withdraw_offers
from loans.services.deciding import terms_hash
from loans.services.ledger import enter, reverse
from loans.services.locks import lock_application, lock_loan
from loans.services.moves import move_application, move_loan
from loans.services.news import tell_borrower
from loans.settling import open_book
from shop.exceptions import CouponUnusable
from shop.models import Customer
from shop.services.coupons import lend_coupon, revoke_coupon
from shop.services.customers import customer_for_update
from shop.services.locks import lock_buyer
from shop.services.numbers import new_number

COUPON_DAYS = 2 * 365  # for which the coupon of a loan is valid


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the customer accepted: the offer, and the terms as they were shown."""

    offer_number: str
    terms_hash: str


def accept_offer(*, customer: Customer, acceptance: Acceptance) -> Loan:
    """The loan of an offer, paid out as a coupon: the same one however often it is accepted.

    Raises OfferGone, OfferChanged, OverExposure, NotEligible, ApplicationMoved where another offer was
    accepted, or BuyingLocked; then nothing has changed. Paying out is a transaction of its own: cut short
    between the two, a worker pays out.
    """
    return disburse_loan(loan=_accept(customer, acceptance))


@transaction.atomic
def _accept(customer: Customer, acceptance: Acceptance) -> Loan:
    lock_buyer(customer)
    offer = _offer_of(customer, acceptance.offer_number)
    application = lock_application(offer.application_id)
    earlier = Loan.objects.filter(application=application).first()
    if earlier and earlier.offer_id == offer.pk:
        return earlier
    _refuse(application, offer, acceptance)
    _refuse_exposure(customer, offer)
    move_application(application, ApplicationStatus.ACCEPTED, customer)
    withdraw_offers(application)
    return _open_loan(application, offer)


def _offer_of(customer: Customer, number: str) -> Offer:
    offer = (
        Offer.objects.filter(number=number, application__customer=customer)
        .select_related("application", "decision__policy")
        .first()
    )
    if offer is None:
        raise OfferGone
    return offer


def _refuse(application: Application, offer: Offer, acceptance: Acceptance) -> None:
    if application.status != ApplicationStatus.OFFERED:
        raise ApplicationMoved(application)
    offer.refresh_from_db(fields=("withdrawn_at",))
    if not offer.is_standing:
        raise OfferGone
    is_same = compare_digest(acceptance.terms_hash.encode(), offer.terms_hash.encode())
    if not is_same or terms_hash(offer) != offer.terms_hash:
        raise OfferChanged


def _refuse_exposure(customer: Customer, offer: Offer) -> None:
    """Checked under the customer's lock: no two acceptances see the same limit."""
    if obstacle := obstacle_of_loans(customer):
        raise NotEligible(obstacle)
    left = offer.decision.policy.policy.exposure_limits[offer.decision.band] - exposure_of(customer)
    if offer.principal > left:
        raise OverExposure(offer.principal, max(left, Decimal("0.00")))


def _open_loan(application: Application, offer: Offer) -> Loan:
    now, policy = timezone.now(), offer.decision.policy
    book = open_book(offer.principal, offer.annual_rate, offer.months, timezone.localdate(now))
    loan = Loan.objects.create(
        number=new_number(), application=application, offer=offer, customer=application.customer,
        policy=policy, principal=offer.principal, principal_left=offer.principal,
        annual_rate=offer.annual_rate, months=offer.months, interest_from=book.interest_from,
        terms_hash=offer.terms_hash, band=offer.decision.band, accepted_at=now,
        rescindable_until=now + timedelta(days=policy.policy.cooling_off_days),
    )  # fmt: skip
    Instalment.objects.bulk_create(
        Instalment(
            loan=loan, number=row.number, due_on=row.due_on, principal=row.principal, interest=row.interest
        )
        for row in book.rows
    )
    LoanEvent.objects.create(loan=loan, status=LoanStatus.PENDING, actor=application.customer)
    return loan


@transaction.atomic
def disburse_loan(*, loan: Loan) -> Loan:
    """Give the coupon, once; a loan that was paid out before is left as it is."""
    customer_for_update(loan.customer_id)
    locked = lock_loan(loan.pk)
    if locked.status != LoanStatus.PENDING:
        return locked
    coupon = lend_coupon(
        customer=locked.customer, name=f"Loan {locked.number}", name_zh=f"贷款 {locked.number}",
        value=locked.principal, days=COUPON_DAYS,
    )  # fmt: skip
    move_loan(locked, LoanStatus.ACTIVE, None, coupon=coupon, disbursed_at=timezone.now())
    enter(
        loan=locked, kind=EntryKind.DISBURSEMENT, key="disbursement", on=timezone.localdate(),
        lines={Account.PRINCIPAL: locked.principal, Account.COUPONS: -locked.principal},
    )  # fmt: skip
    tell_borrower(locked.customer, locked.number, "paid_out", loan=locked)
    return locked


def disburse_left_behind() -> int:
    """Loans whose acceptance was cut short before the coupon. Returns how many."""
    waiting = list(Loan.objects.filter(status=LoanStatus.PENDING).order_by("pk"))
    for loan in waiting:
        disburse_loan(loan=loan)
    return len(waiting)


@transaction.atomic
def rescind_loan(*, loan: Loan) -> Loan:
    """As if it had not been, while nothing is spent or repaid. Raises CoolingOffOver, LoanMoved."""
    customer_for_update(loan.customer_id)
    locked = lock_loan(loan.pk)
    if locked.status != LoanStatus.ACTIVE:
        raise LoanMoved(locked)
    if timezone.now() > locked.rescindable_until:
        raise CoolingOffOver("late")
    if RepaymentPayment.objects.filter(repayment__loan=locked, settled__gt=0).exists():
        raise CoolingOffOver("repaid")
    assert locked.coupon is not None  # noqa: S101 (an active loan is paid out)
    try:
        revoke_coupon(coupon=locked.coupon, customer=locked.customer)
    except CouponUnusable as error:
        raise CoolingOffOver("spent") from error
    locked.instalments.all().delete()
    reverse(entry=locked.entries.get(key="disbursement"), on=timezone.localdate())
    move_loan(
        locked, LoanStatus.RESCINDED, locked.customer, principal_left=Decimal("0.00"),
        closed_at=timezone.now(),
    )  # fmt: skip
    tell_borrower(locked.customer, locked.number, "rescinded", loan=locked)
    return locked


@transaction.atomic
def write_off_loan(*, loan: Loan, actor: Customer, reason: str) -> Loan:
    """An officer gives the money up. Raises ReasonMissing, LoanMoved."""
    if not reason.strip():
        raise ReasonMissing
    locked = lock_loan(loan.pk)
    fees = sum((each.fee - each.fee_paid for each in locked.instalments.all()), Decimal("0.00"))
    lost = locked.principal_left + fees
    if not locked.is_repayable:
        raise LoanMoved(locked)
    enter(
        loan=locked, kind=EntryKind.WRITE_OFF, key="write-off", on=timezone.localdate(),
        lines={Account.LOSSES: lost, Account.PRINCIPAL: -locked.principal_left, Account.FEES: -fees},
    )  # fmt: skip
    move_loan(
        locked, LoanStatus.WRITTEN_OFF, actor, note=reason.strip()[:200], principal_left=Decimal("0.00"),
        closed_at=timezone.now(),
    )  # fmt: skip
    return locked
