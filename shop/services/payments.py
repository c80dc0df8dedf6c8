"""What providers say of payments, entered once, and what follows from it."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from shop.exceptions import CallbackUnverified
from shop.models import Order, Payment
from shop.models.orders import OrderStatus, PaymentStatus, PaymentType
from shop.models.payments import PaymentOutcome
from shop.payments import Callback, Provider
from shop.services.locks import lock_order
from shop.services.orders import move
from shop.services.outbox import tell_customer, tell_the_desk
from shop.services.refunds import refund_payment


def record_callback(*, callback: Callback) -> Payment:
    """Enter a verified word of a provider; a word heard before changes nothing and gives its payment.

    Raises CallbackUnverified where it speaks of no order of ours.
    """
    order = Order.objects.filter(number=callback.order_number).first()
    if order is None:
        raise CallbackUnverified(f"there is no order {callback.order_number}")
    try:
        payment = _record(order, callback)
    except IntegrityError as error:  # the same id, at the same moment, for another order
        raise CallbackUnverified(f"{callback.callback_id} belongs to another order") from error
    if payment.order_id != order.pk:
        raise CallbackUnverified(f"{callback.callback_id} belongs to another order")
    return payment


def ask_provider(*, order: Order, provider: Provider) -> Payment | None:
    """Ask from our side what became of a payment. Raises ProviderUnreachable."""
    callback = provider.query(order)
    return record_callback(callback=callback) if callback else None


def pay_nothing(*, order: Order) -> Order:
    """An order that a coupon covers whole awaits no payment; in the transaction that places it."""
    _mark_paid(order, PaymentType.NONE)
    order.refresh_from_db()
    return order


@transaction.atomic
def _record(order: Order, callback: Callback) -> Payment:
    order = lock_order(order.pk)
    earlier = Payment.objects.filter(provider=callback.payment_type, callback_id=callback.callback_id).first()
    if earlier:
        return earlier
    payment = Payment.objects.create(
        order=order,
        provider=callback.payment_type,
        callback_id=callback.callback_id,
        amount=callback.amount,
        currency=callback.currency,
        outcome=_outcome(order, callback),
    )
    match payment.outcome:
        case PaymentOutcome.ACCEPTED:
            _receive(order, payment)
            _mark_paid(order, PaymentType(payment.provider))
        case PaymentOutcome.SURPLUS:
            _receive(order, payment)
            refund_payment(order=order, payment=payment)
            tell_the_desk(f"Order {order.number}: a late or second payment", f"{payment.amount} goes back.")
        case PaymentOutcome.MISMATCHED:
            sentence = f"{payment.amount} {payment.currency} came, {order.total} {settings.CURRENCY} was due."
            tell_the_desk(f"Order {order.number}: a payment that does not fit", sentence)
    return payment


def _outcome(order: Order, callback: Callback) -> PaymentOutcome:
    if not callback.is_paid:
        return PaymentOutcome.FAILED
    if (callback.amount, callback.currency) != (order.total, settings.CURRENCY):
        return PaymentOutcome.MISMATCHED
    return PaymentOutcome.ACCEPTED if order.is_awaiting_payment else PaymentOutcome.SURPLUS


def _receive(order: Order, payment: Payment) -> None:
    order.paid_total += payment.amount
    order.save(update_fields=["paid_total", "changed_at"])


def _mark_paid(order: Order, payment_type: PaymentType) -> None:
    move(order, (OrderStatus.AWAITING_PAYMENT,), OrderStatus.PAID, None)
    Order.objects.filter(pk=order.pk).update(
        payment_status=PaymentStatus.PAID, payment_type=payment_type, paid_at=timezone.now()
    )
    tell_the_desk(f"Order {order.number} is paid", "It can be packed.")
    tell_customer(order, "order_paid")
