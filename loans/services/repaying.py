"""Repayments: started by the customer, entered once on a provider's word, settled, and the rest sent back."""

from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from loans.exceptions import LoanMoved, NothingDue, RepaymentTooHigh, RepaymentTooLow
from loans.models import Loan, Repayment, RepaymentPayment, RepaymentRefund
from loans.models.ledger import Account, EntryKind
from loans.models.loans import LoanStatus
from loans.models.repayments import RepaymentKind, RepaymentStatus
from loans.services.books import book_of, keep_book
from loans.services.ledger import enter
from loans.services.locks import lock_loan
from loans.services.moves import move_loan
from loans.services.news import tell_borrower, tell_loan_desk
from loans.settling import Book, Settlement, is_late, settle
from shop.exceptions import CallbackUnverified
from shop.models.payments import PaymentOutcome, RefundStatus
from shop.payments import Callback, Provider, provider_of
from shop.services.numbers import new_number

PAYMENT_MINUTES = 30
QUOTE_HOLDS = timedelta(days=1)  # a callback may be late: until then a repayment counts as of its start
NOTHING = Decimal("0.00")


def start_repayment(*, loan: Loan, kind: RepaymentKind, amount: Decimal | None = None) -> Repayment:
    """An amount to pay at a provider; without one, what the kind comes to today.

    Raises LoanMoved, NothingDue, RepaymentTooHigh, or RepaymentTooLow.
    """
    if not loan.is_repayable:
        raise LoanMoved(loan)
    today = timezone.localdate()
    return Repayment.objects.create(
        number=new_number(), loan=loan, kind=kind, total=_amount(book_of(loan), kind, amount, today),
        pay_until=timezone.now() + timedelta(minutes=PAYMENT_MINUTES),
    )  # fmt: skip


def record_repayment(*, callback: Callback) -> RepaymentPayment:
    """Enter a verified word of a provider; a word heard before changes nothing and gives its payment.

    Raises CallbackUnverified where it speaks of no repayment of ours.
    """
    repayment = Repayment.objects.filter(number=callback.order_number).first()
    if repayment is None:
        raise CallbackUnverified(f"there is no repayment {callback.order_number}")
    try:
        payment = _record(repayment, callback)
    except IntegrityError as error:  # the same id, at the same moment, for another repayment
        raise CallbackUnverified(f"{callback.callback_id} belongs to another repayment") from error
    if payment.repayment_id != repayment.pk:
        raise CallbackUnverified(f"{callback.callback_id} belongs to another repayment")
    return payment


def ask_about(*, repayment: Repayment, provider: Provider) -> RepaymentPayment | None:
    """Ask from our side what became of a repayment. Raises ProviderUnreachable."""
    callback = provider.query(repayment)
    return record_repayment(callback=callback) if callback else None


def pay_out_refund(*, refund: RepaymentRefund) -> None:
    """Tell the provider, who knows the number: telling it twice pays once. Raises ProviderUnreachable."""
    provider_of(refund.payment.provider).refund(refund)
    RepaymentRefund.objects.filter(pk=refund.pk, status=RefundStatus.APPROVED).update(
        status=RefundStatus.PAID_OUT, paid_out_at=timezone.now()
    )


def _amount(book: Book, kind: RepaymentKind, amount: Decimal | None, today: date) -> Decimal:
    payoff, due = book.payoff(today), book.due(today)
    if kind == RepaymentKind.PAYOFF:
        least = most = payoff
    elif kind == RepaymentKind.AHEAD:
        least, most = book.least_ahead(today), payoff
    else:
        least, most = (Decimal("0.01") if due else book.next_amount(today)), book.next_amount(today)
    if not most or not least:
        raise NothingDue
    chosen = most if amount is None else amount
    if chosen > most:
        raise RepaymentTooHigh(chosen, most)
    if chosen < least:
        raise RepaymentTooLow(chosen, least)
    return chosen


@transaction.atomic
def _record(repayment: Repayment, callback: Callback) -> RepaymentPayment:
    loan = lock_loan(repayment.loan_id)
    earlier = RepaymentPayment.objects.filter(
        provider=callback.payment_type, callback_id=callback.callback_id
    ).first()
    if earlier:
        return earlier
    repayment.refresh_from_db()
    payment = RepaymentPayment.objects.create(
        repayment=repayment, provider=callback.payment_type, callback_id=callback.callback_id,
        amount=callback.amount, currency=callback.currency, outcome=_outcome(repayment, callback),
    )  # fmt: skip
    match payment.outcome:
        case PaymentOutcome.ACCEPTED:
            Repayment.objects.filter(pk=repayment.pk).update(status=RepaymentStatus.PAID)
            _settle(loan, repayment, payment)
        case PaymentOutcome.SURPLUS:
            _send_back(payment, payment.amount)
        case PaymentOutcome.MISMATCHED:
            tell_loan_desk(
                f"Repayment {repayment.number}: a payment that does not fit",
                f"{payment.amount} {payment.currency} came, {repayment.total} {settings.CURRENCY} was due.",
            )
    return payment


def _outcome(repayment: Repayment, callback: Callback) -> PaymentOutcome:
    if not callback.is_paid:
        return PaymentOutcome.FAILED
    if (callback.amount, callback.currency) != (repayment.total, settings.CURRENCY):
        return PaymentOutcome.MISMATCHED
    is_first = repayment.status == RepaymentStatus.STARTED
    return PaymentOutcome.ACCEPTED if is_first else PaymentOutcome.SURPLUS


def _settle(loan: Loan, repayment: Repayment, payment: RepaymentPayment) -> None:
    """On a locked loan. What a loan that is over receives goes back whole."""
    if not loan.is_repayable:
        _send_back(payment, payment.amount)
        return
    on = _counts_on(repayment)
    found = settle(book_of(loan), payment.amount, on, is_ahead=repayment.kind != RepaymentKind.INSTALMENT)
    if found.settled:
        keep_book(loan, found.book)
        _enter(loan, payment, found, on)
        RepaymentPayment.objects.filter(pk=payment.pk).update(settled=found.settled)
        payment.settled = found.settled
    if found.surplus:
        _send_back(payment, found.surplus)
    _move_on(loan, found.book)
    tell_borrower(loan.customer, loan.number, "repaid", loan=loan, payment=payment)


def _counts_on(repayment: Repayment) -> date:
    """The day of its quote, or today where it came too late for that."""
    if timezone.now() <= repayment.pay_until + QUOTE_HOLDS:
        return timezone.localdate(repayment.created_at)
    return timezone.localdate()


def _enter(loan: Loan, payment: RepaymentPayment, found: Settlement, on: date) -> None:
    enter(
        loan=loan, kind=EntryKind.REPAYMENT, key=f"payment-{payment.pk}", on=on, payment=payment,
        lines={
            Account.CASH: found.settled, Account.FEES: -found.fee,
            Account.INTEREST_INCOME: -found.interest, Account.PRINCIPAL: -found.principal,
        },
    )  # fmt: skip


def _move_on(loan: Loan, book: Book) -> None:
    if book.is_settled:
        move_loan(loan, LoanStatus.CLOSED, None, closed_at=timezone.now())
        return
    today, grace_days = timezone.localdate(), loan.policy.policy.grace_days
    if loan.status == LoanStatus.OVERDUE and not any(is_late(row, today, grace_days) for row in book.rows):
        move_loan(loan, LoanStatus.ACTIVE, None)


def _send_back(payment: RepaymentPayment, amount: Decimal) -> None:
    RepaymentRefund.objects.create(number=new_number(), payment=payment, amount=amount)
    tell_loan_desk(f"Repayment {payment.repayment.number}: more than was owed", f"{amount} goes back.")
