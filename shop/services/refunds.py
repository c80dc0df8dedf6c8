"""Money back: asked for, decided, reserved on the order, and paid out by its provider afterwards."""

from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from shop.exceptions import OrderMoved, RefundDecided, RefundTooHigh
from shop.models import Customer, Order, Payment, Refund
from shop.models.orders import PaymentStatus
from shop.models.outbox import OutboxKind
from shop.models.payments import PaymentOutcome, RefundStatus
from shop.payments import provider_of
from shop.services.locks import lock_order
from shop.services.numbers import new_number
from shop.services.outbox import put_in_outbox, tell_customer, tell_the_desk


def request_refund(*, order: Order, amount: Decimal, reason: str) -> Refund:
    """The customer asks for a return of what has been shipped; staff decide.

    Raises OrderMoved, RefundTooHigh, or RefundDecided where a request is open already.
    """
    if not order.can_be_returned:
        raise OrderMoved(order)
    if amount > order.refundable:
        raise RefundTooHigh(amount, order.refundable)
    try:
        with transaction.atomic():
            refund = Refund.objects.create(
                number=new_number(), order=order, open_for=order, amount=amount, reason=reason,
                status=RefundStatus.REQUESTED,
            )  # fmt: skip
            tell_the_desk(f"Order {order.number}: a return is asked for", f"{amount}: {reason}")
    except IntegrityError as error:
        raise RefundDecided from error
    return refund


@transaction.atomic
def approve_refund(*, refund: Refund, actor: Customer) -> Refund:
    """Reserve the money and send it on its way. Raises RefundDecided or RefundTooHigh."""
    order = lock_order(refund.order_id)
    _decide(refund, RefundStatus.APPROVED, actor)
    _reserve(order, refund.amount)
    refund.payment = _paying(order)
    refund.save(update_fields=["payment"])
    _send(order, refund)
    return refund


@transaction.atomic
def reject_refund(*, refund: Refund, actor: Customer) -> None:
    """The customer is told. Raises RefundDecided."""
    _decide(refund, RefundStatus.REJECTED, actor)
    tell_customer(refund.order, "order_refund_rejected", refund=refund)


@transaction.atomic
def refund_order(*, order: Order, amount: Decimal, reason: str, actor: Customer | None) -> Refund:
    """Staff give money back that nobody had to ask for. Raises RefundTooHigh."""
    locked = lock_order(order.pk)
    return _refund(locked, amount, reason, actor, _paying(locked))


def refund_rest(*, order: Order, actor: Customer | None) -> None:
    """All that is left of what was received for a locked order, in the transaction that closes it."""
    if order.refundable:
        _refund(order, order.refundable, "", actor, _paying(order))


def refund_payment(*, order: Order, payment: Payment) -> None:
    """A payment that a locked order does not need, in the transaction that records it."""
    _refund(order, payment.amount, "", None, payment)


def pay_out(*, refund_id: int) -> None:
    """Tell the provider. It knows the refund's number, so that telling it twice pays once.

    Raises ProviderUnreachable.
    """
    refund = Refund.objects.select_related("order", "payment").get(pk=refund_id)
    if refund.status != RefundStatus.APPROVED or refund.payment is None:
        return
    provider_of(refund.payment.provider).refund(refund)
    Refund.objects.filter(pk=refund.pk, status=RefundStatus.APPROVED).update(
        status=RefundStatus.PAID_OUT, paid_out_at=timezone.now()
    )


def _refund(
    order: Order, amount: Decimal, reason: str, actor: Customer | None, payment: Payment | None
) -> Refund:
    _reserve(order, amount)
    refund = Refund.objects.create(
        number=new_number(), order=order, payment=payment, amount=amount, reason=reason,
        status=RefundStatus.APPROVED, decided_by=actor, decided_at=timezone.now(),
    )  # fmt: skip
    _send(order, refund)
    return refund


def _send(order: Order, refund: Refund) -> None:
    """To the provider and, as news, to the customer: once the transaction is done."""
    put_in_outbox(OutboxKind.REFUND, {"refund_id": refund.pk})
    tell_customer(order, "order_refunded", refund=refund)


def _reserve(order: Order, amount: Decimal) -> None:
    """Count `amount` as refunded on a locked order.

    The new sum is reckoned here, in Decimal, and set against the old one: SQLite adds in floating point.
    """
    if amount > order.refundable:
        raise RefundTooHigh(amount, order.refundable)
    refunded = order.refunded_total + amount
    status = _payment_status(order, order.paid_total - refunded)
    if not Order.objects.filter(pk=order.pk, refunded_total=order.refunded_total).update(
        refunded_total=refunded, payment_status=status, changed_at=timezone.now()
    ):
        raise RefundTooHigh(amount, order.refundable)
    order.refunded_total, order.payment_status = refunded, status


def _payment_status(order: Order, kept: Decimal) -> PaymentStatus:
    if not kept:
        return PaymentStatus.REFUNDED
    return PaymentStatus.PAID if kept >= order.total else PaymentStatus.PARTLY_REFUNDED


def _decide(refund: Refund, status: RefundStatus, actor: Customer) -> None:
    decided = Refund.objects.filter(pk=refund.pk, status=RefundStatus.REQUESTED).update(
        status=status, open_for=None, decided_by=actor, decided_at=timezone.now()
    )
    if not decided:
        raise RefundDecided
    refund.refresh_from_db()


def _paying(order: Order) -> Payment | None:
    return order.payments.filter(outcome=PaymentOutcome.ACCEPTED).first()
